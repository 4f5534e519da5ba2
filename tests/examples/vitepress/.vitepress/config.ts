import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'Heads',
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('fluoro-') } } },
});
