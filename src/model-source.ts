/** Which files a model is, whichever way it was named. */
import { builtInModels, builtInUrl } from './built-in';
import { FluoroscopeError } from './errors';
import { noConfig } from './model/config';
import { browserFiles, type ModelFiles, urlFiles } from './model/files';

export type ModelSource = string | URL | ModelFiles | Iterable<File>;

/** Where a model's files come from, whichever way it was named. */
export function filesOf(source: ModelSource): ModelFiles {
  if (typeof source === 'string' || source instanceof URL) {
    const address = String(source).replace(/\/?$/, '/');
    const builtIn = builtInModels.find((name) => name === source || builtInUrl(name).href === address);
    if (builtIn) return builtInFiles(builtIn);
    const files = urlFiles(source);
    return needing(files, `${noConfig(files.name)}. Built-in models are ${builtInModels.join(', ')}.`);
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
  return { ...needing(urlFiles(url), `The built-in model ${name} is not at ${url}. ${cure}.`), name };
}

/** @param why what is said where there is no config.json */
function needing(files: ModelFiles, why: string): ModelFiles {
  return {
    ...files,
    async read(path, options) {
      const bytes = await files.read(path, options);
      if (bytes || path !== 'config.json') return bytes;
      throw new FluoroscopeError('file-missing', why);
    },
  };
}
