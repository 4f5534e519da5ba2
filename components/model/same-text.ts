/**
 * Whether a recording's tokens are those of a text, as far as their texts tell: it holds no text of its own, and the
 * tokenizer is not there. However the text is split, it is the same; white space counts where the tokens have any.
 *
 * @param labels of the tokens, one each
 */
export function isTextOf(labels: readonly string[], text: string): boolean {
  const told = withBytes(labels.join(''));
  if (told === text || told === ` ${text}`) return true; // Some tokenizers begin with a space.
  if (/\s/.test(told)) return false;
  let rest = text.trim(); // Words alone: no token has anything from between two of them.
  for (const label of labels) {
    if (!rest.startsWith(label)) return false;
    rest = rest.slice(label.length).trimStart();
  }
  return rest === '';
}

/** Tokens that are no whole characters are told as their bytes: `\xE2`, and `<0xE2>` in SentencePiece's vocabularies. */
function withBytes(text: string): string {
  return text.replace(/(\\x[0-9A-F]{2}|<0x[0-9A-F]{2}>)+/g, (run) => {
    const bytes = run.match(/[0-9A-F]{2}/g)!.map((digits) => Number.parseInt(digits, 16));
    return new TextDecoder().decode(new Uint8Array(bytes));
  });
}
