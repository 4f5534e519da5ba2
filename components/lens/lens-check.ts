import { type Check, flag, index, list, nullable, number, record, text } from '../shared/answers';

const token = { token: index, text, logit: number, probability: number };

/** What a recorded lens over so many positions must hold. */
export function lensCheck(length: number): Check {
  const cell = record({
    pos: index,
    top: list(record(token)),
    followed: nullable(record({ ...token, rank: number })),
    entropy: number,
    kl: number,
  });
  const streams = list(record({ name: text, label: text, cells: list(cell, length) }));
  const lens = record({ labels: list(text, length), streams, vocab: index, normalized: flag });
  return (value, at) => {
    const wrong = lens(value, at);
    if (wrong !== null) return wrong;
    return (value as { streams: unknown[] }).streams.length > 0 ? null : `${at}.streams is empty`;
  };
}
