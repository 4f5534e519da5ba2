/** The edits that a page asks for, in the language of `--edit`. */
import { makeEdits, type Runs } from '../../src/index';
import { type Edit, FluoroscopeError, parseEdit, type Trace } from '../../src/viewer';

/** One edit does not fit, so the pass has not been run with any. */
class EditRefused extends FluoroscopeError {
  constructor(
    /** As it was asked for. */
    readonly edit: string,
    cause: FluoroscopeError,
  ) {
    super(cause.code, cause.message.replace(/^--edit: /, ''), { cause });
  }
}

/** What says nothing about the edit. */
const OF_THE_DEVICE: readonly string[] = ['device-lost', 'disposed', 'readback-failed'];

/**
 * @param clean a pass of the same prompt without edits
 * @throws EditRefused for the first that does not fit; as `model.run`
 */
export async function pageEdits(model: Runs, clean: Trace, texts: readonly string[]): Promise<Edit[]> {
  const edits: Edit[] = [];
  for (const text of texts) {
    try {
      edits.push(...(await makeEdits(model, clean, [parsed(text)])));
    } catch (error) {
      const itsOwn = error instanceof FluoroscopeError && !OF_THE_DEVICE.includes(error.code);
      throw itsOwn ? new EditRefused(text, error) : error;
    }
  }
  return edits;
}

function parsed(text: string) {
  const spec = parseEdit(text);
  const { what } = spec;
  if (!('value' in what) || typeof what.value === 'number' || !('file' in what.value)) return spec;
  throw new FluoroscopeError(
    'edit-invalid',
    `This edit takes its values from ${what.value.file}, and a page reads no files. Write them as a list such as [1,2,3].`,
  );
}
