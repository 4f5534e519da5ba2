/** All that the site holds beside its written pages: the pages drawn from the sources, the package, models and traces. */
import { componentPages } from './components';
import { publicFiles } from './public';

export default async function generate(): Promise<void> {
  await publicFiles();
  componentPages();
}
