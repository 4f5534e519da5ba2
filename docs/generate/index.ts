/** All that the site holds beside its written pages: the pages drawn from the sources, the package, models and traces. */
import { apiPages } from './api';
import { cliPage } from './cli';
import { componentPages } from './components';
import { kernelPages } from './kernels';
import { writePages } from './pages';
import { publicFiles } from './public';
import { sizePage } from './sizes';
import { speedPage } from './speed';
import { tensorPage } from './tensors';

export default function generate(): void {
  publicFiles();
  writePages('components', componentPages());
  writePages('kernels', kernelPages());
  writePages('reference', { cli: cliPage(), sizes: sizePage(), tensors: tensorPage(), speed: speedPage() });
  apiPages('docs/api');
}
