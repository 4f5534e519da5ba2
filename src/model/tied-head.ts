import type { SafetensorsFile } from '../tensor/safetensors';
import type { Gpt2Names } from './gpt2-weights';
import type { StoredTensors } from './weight-files';

/** Whether a GPT-2's unembedding is its embedding: it is not stored, or stored as the same bytes again. */
export class TiedHead {
  /** undefined as long as only the bytes can tell. */
  tied: boolean | undefined;
  readonly #head: string;
  readonly #embedding: string;
  /** Whether both are there, so much alike that their bytes have to tell. */
  #alike: boolean;
  /** The first of the two, until the other one comes. */
  #first: { readonly tensor: string; readonly file: SafetensorsFile } | undefined;

  /**
   * @param all names of all tensors
   * @param declared config.json's `tie_word_embeddings`; null where it says nothing, and then the file decides.
   */
  constructor(
    readonly names: Gpt2Names,
    all: ReadonlySet<string>,
    private readonly declared: boolean | null,
  ) {
    this.#head = names.head;
    this.#embedding = `${names.prefix}wte.weight`;
    this.#alike = all.has(this.#head) && all.has(this.#embedding);
    if (!all.has(this.#head))
      this.tied = declared !== false; // otherwise a weight is missing, and the check says so
    else if (!all.has(this.#embedding)) this.tied = false;
  }

  /** What a header tells without the bytes. */
  opened(tensors: StoredTensors): void {
    const [a, b] = [tensors.get(this.#head), tensors.get(this.#embedding)];
    if (!a || !b) return;
    this.#alike = a.dtype === b.dtype && a.end - a.begin === b.end - b.begin;
    if (!this.#alike) this.tied = false;
  }

  /** @returns where the unembedding is, as soon as it turns out to be another than the embedding */
  compare(tensor: string, file: SafetensorsFile): SafetensorsFile | undefined {
    if (!this.#alike || (tensor !== this.#head && tensor !== this.#embedding)) return undefined;
    const first = this.#first;
    if (!first || first.tensor === tensor) {
      this.#first = { tensor, file };
      return undefined;
    }
    this.#first = undefined;
    const { bytes } = first.file;
    const dtypes = [first, { tensor, file }].map((one) => one.file.tensors.get(one.tensor)!.dtype);
    this.tied =
      dtypes[0] === dtypes[1] && bytes.length === file.bytes.length && bytes.every((byte, i) => byte === file.bytes[i]);
    return this.tied ? undefined : tensor === this.#head ? file : first.file;
  }

  /** What config.json says otherwise. */
  get problems(): string[] {
    if (this.tied !== false || this.declared !== true) return [];
    const expected = 'expected the same: config.json has tie_word_embeddings true';
    return [`${this.#head} differs from ${this.#embedding}, ${expected}`];
  }
}
