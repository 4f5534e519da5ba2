/** What tests of `<fluoro-model>` do to the network, and what they see of it. */
import { onTestFinished, vi } from 'vitest';
import type { FluoroModel, ModelState } from '../../components/index';
import { sharedDevice, writeTrace } from '../../src/index';
import { type Fixture, fixtureModel } from '../harness/fixtures';

export interface Asked {
  readonly method: string;
  readonly url: string;
}

type Answer = (url: string, init: RequestInit | undefined) => Promise<Response | undefined> | Response | undefined;

/** Notes every request; `answer` may give another answer than the server's. */
export function watchNetwork(answer: Answer = () => undefined): Asked[] {
  const { fetch } = globalThis;
  const asked: Asked[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = String(input);
    asked.push({ method: init?.method ?? 'GET', url });
    return (await answer(url, init)) ?? fetch(input, init);
  });
  return asked;
}

/** Holds back every answer but those of blobs until `go` is called. */
export function slowNetwork(): { go(): void; asked: Asked[] } {
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const asked = watchNetwork(async (url, init) => {
    if (url.startsWith('blob:')) return undefined;
    await Promise.race([gate, new Promise((_, reject) => init?.signal?.addEventListener('abort', reject))]);
    return undefined;
  });
  return { go, asked };
}

/** Requests for a model's files. */
export const weightsAsked = (asked: readonly Asked[]) =>
  asked.filter(({ method, url }) => method === 'GET' && url.endsWith('model.safetensors'));

/** The address of a recorded trace. */
export async function recordingUrl(
  prompt = '<bos> x y',
  name: Fixture = 'induction',
  answers: ReadonlyMap<string, unknown> = new Map(),
): Promise<string> {
  const live = await (await fixtureModel(name)).run(prompt);
  const bytes = await writeTrace(live, { answers });
  live.dispose();
  const url = URL.createObjectURL(new Blob([bytes]));
  onTestFinished(() => URL.revokeObjectURL(url));
  return url;
}

export function statesOf(model: FluoroModel): ModelState[] {
  const states: ModelState[] = [];
  model.addEventListener('fluoro-state', ({ detail }) => states.push(detail));
  return states;
}

/** After the changes of a moment have been written to the address: 400 ms after the tick in which they were made. */
export async function addressWritten(): Promise<void> {
  for (const ms of [0, 600]) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** A page in a browser without WebGPU. */
export function withoutWebGpu(): void {
  vi.spyOn(navigator, 'gpu', 'get').mockReturnValue(undefined as unknown as GPU);
}

/** For what takes a new device: all shaders are compiled and timed for it, long on a busy machine. Give the test as long. */
export const eventually = (condition: () => unknown) => vi.waitUntil(condition, { timeout: 100_000, interval: 20 });

/** So that the next test asks for one again. */
export async function giveBackSharedDevice(): Promise<void> {
  const device = await sharedDevice();
  device.destroy();
  await device.lost;
}
