import { defineConfig } from 'vitepress';
import { keepAttributes } from './attributes';
import { emptyHeads } from './empty-heads';
import { liveFence } from './live-fence';
import { maths } from './maths';
import { sidebars } from './sidebar';

const base = process.env.DOCS_BASE ?? '/';

export default defineConfig({
  base,
  lang: 'en',
  title: 'Fluoroscope',
  description: 'See the computation that really ran: every value of a transformer, read from the buffers of its pass.',
  outDir: process.env.DOCS_OUT ?? 'dist',
  cacheDir: '.cache/vitepress',
  srcExclude: ['variations/**', 'maths/**', 'generate/**', 'README.md'],
  cleanUrls: false,
  head: [
    ['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }],
    // The components as the package serves them: the site's own bundle holds none of them.
    ['script', { type: 'module', src: `${base}dist/cdn/all.js` }],
  ],
  vue: {
    template: {
      compilerOptions: { isCustomElement: (tag) => tag.startsWith('fluoro-'), nodeTransforms: [keepAttributes] },
    },
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-default' },
    config: (md) => {
      liveFence(md, base);
      maths(md);
      emptyHeads(md);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Stories', link: '/stories/inside', activeMatch: '/stories/' },
      { text: 'Guide', link: '/guide/start', activeMatch: '/guide/' },
      { text: 'Components', link: '/components/model', activeMatch: '/components/' },
      { text: 'Kernels', link: '/kernels/', activeMatch: '/kernels/' },
      { text: 'API', link: '/api/', activeMatch: '/(api|reference)/' },
    ],
    sidebar: sidebars(),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
  },
});
