/** As a safetensors file's first bytes each of these would announce a header of more than 100 MB. */
const PAGE = /^(\u00ef\u00bb\u00bf)?\s*<(!doctype|!--|\?xml|html|head|title|body|meta|link|base|style|script)/i;

/**
 * Says what bytes are that so often lie where a model's file should: a web page or a Git LFS pointer.
 * @returns the rest of a sentence that begins with the file's name; undefined where the bytes are neither.
 */
export function describeImpostor(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 512));
  if (PAGE.test(start)) return `is ${WEB_PAGE}`;
  if (!start.startsWith('version https://git-lfs.github.com/spec/')) return undefined;
  const size = /^size (\d+)$/m.exec(start)?.[1];
  return (
    `is a Git LFS pointer${size ? ` to a file of ${size} bytes` : ''}, not the file itself; ` +
    'run "git lfs pull" where it was cloned'
  );
}

export const WEB_PAGE =
  'a web page, not the file itself; check the address (on huggingface.co it has /resolve/ where pages have /blob/) ' +
  'and whether the file exists and needs no login';
