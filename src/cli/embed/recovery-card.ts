/** The card that `<fluoro-algorithm>` shows: the model's own, or the file that its `src` names. */

import type { ModelFiles } from '../../model/files';
import { readRecovery } from '../../recover/read-card';
import type { EmbeddedComponent } from '../commands/embed';
import { usage } from '../options';
import { readText } from '../text-file';

/** Of the model, and of the folder that is written. */
export const CARD = 'recovery.json';

/**
 * @returns its text; null where no algorithm is embedded
 * @throws `usage` where there is none, `file-missing`, `recovery-invalid`
 */
export async function recoveryCard(
  components: readonly EmbeddedComponent[],
  files: ModelFiles,
): Promise<string | null> {
  const algorithm = components.find(({ name }) => name === 'algorithm');
  if (!algorithm) return null;
  const { src } = algorithm.attributes;
  const own = src === undefined ? await files.read(CARD) : null;
  if (src === undefined && own === null) {
    const make = `fluoroscope recover ${files.name} --out card.json`;
    throw usage(
      `algorithm shows a recovery card, and ${files.name} has no ${CARD}. Make one with ${make}, then --set algorithm.src=card.json.`,
    );
  }
  const text = own ? new TextDecoder().decode(own) : readText(src!);
  readRecovery(text, src ?? `${files.name}/${CARD}`);
  return text;
}
