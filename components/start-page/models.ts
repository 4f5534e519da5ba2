/** The three models that come with the package, as the start page introduces them. */
export interface Introduced {
  readonly name: string;
  readonly title: string;
  /** What to look for. */
  readonly about: string;
  readonly prompt: string;
  /** The head to begin with. */
  readonly layer: number;
  readonly head: number;
}

export const introduced: readonly Introduced[] = [
  {
    name: 'induction',
    title: 'Induction',
    about: 'Continues a sequence that repeats. Look for stripes: heads that find the token after the last time.',
    prompt: '<bos> z e T g D 2 0 P k W J R 5 B S C V l p O 0 P k W J R 5 B S C V',
    layer: 1,
    head: 0,
  },
  {
    name: 'modular-addition',
    title: 'Modular addition',
    about: 'Adds two numbers modulo 113, by an algorithm that training found. The answer stands after “=”.',
    prompt: '12 34 =',
    layer: 0,
    head: 0,
  },
  {
    name: 'shakespeare',
    title: 'Shakespeare',
    about: 'A small GPT-2 that has read Shakespeare. Type anything.',
    prompt: 'ROMEO:\nO, speak again, bright angel! for thou art\nAs glorious to this night',
    layer: 0,
    head: 0,
  },
];

/** One line of facts about a model, from its own files; empty where they cannot be had. */
export async function factsOf(name: string): Promise<string> {
  const [config, card] = await Promise.all([readJson(name, 'config.json'), readJson(name, 'card.json')]);
  return config ? describe(config, card) : '';
}

function describe(config: Json, card: Json | null): string {
  const field = (...names: string[]) => names.map((key) => config[key]).find((value) => value !== undefined);
  const layers = Number(field('n_layers', 'n_layer'));
  const each = layers === 1 ? '' : ' each';
  const facts = [
    layers === 1 ? '1 layer' : `${layers} layers`,
    `${field('n_heads', 'n_head')} heads${each}`,
    config.attn_only ? 'no MLP' : `${config.d_mlp ?? 4 * Number(config.n_embd)} neurons${each}`,
    card ? `trained for ${Number(card.steps).toLocaleString('en')} steps` : '',
  ];
  return facts.filter(Boolean).join(' · ');
}

type Json = Readonly<Record<string, unknown>>;

/** null where there is no such file, or something else in its place, such as a server's web page. */
async function readJson(name: string, file: string): Promise<Json | null> {
  const response = await fetch(new URL(`fixtures/${name}/${file}`, document.baseURI)).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}
