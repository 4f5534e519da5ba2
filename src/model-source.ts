/** Which files a model is, whichever way it was named. */
import { builtInModels, builtInUrl } from './built-in';
import { FluoroscopeError } from './errors';
import { browserFiles, type ModelFiles, urlFiles } from './model/files';

export type ModelSource = string | URL | ModelFiles | Iterable<File>;

/** Where a model's files come from, whichever way it was named. */
export function filesOf(source: ModelSource): ModelFiles {
  if (typeof source === 'string' || source instanceof URL) {
    const address = String(source).replace(/\/?$/, '/');
    const builtIn = builtInModels.find((name) => name === source || builtInUrl(name).href === address);
    return builtIn ? builtInFiles(builtIn) : urlFiles(source);
  }
  return 'read' in source ? source : browserFiles(source);
}

/** @throws `file-missing` where the package's files are not served as they lie, because a bundler has moved its code. */
function builtInFiles(name: string): ModelFiles {
  const url = builtInUrl(name);
  const cure = `Serve the package's fixtures/ folder and give a directory's address, such as /fixtures/${name}/`;
  if (url.protocol === 'file:') {
    throw new FluoroscopeError(
      'file-missing',
      `The built-in model ${name} is at ${url}, and files cannot be fetched. ${cure}.`,
    );
  }
  const files = urlFiles(url);
  return {
    ...files,
    name,
    async read(path, options) {
      const bytes = await files.read(path, options);
      if (bytes || path !== 'config.json') return bytes;
      throw new FluoroscopeError('file-missing', `The built-in model ${name} is not at ${url}. ${cure}.`);
    },
  };
}
