import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import { sha256 } from '../../src/model/sha256';
import { TensorSink } from '../../src/model/tensor-sink';
import { parseSafetensors, readF32 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';
import { refusal } from './directory';

const FILE = writeSafetensors([
  { name: 'a', dtype: 'F32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: 'nothing', dtype: 'F32', shape: [0], data: new Float32Array(0) },
  { name: 'b', dtype: 'F32', shape: [200], data: Float32Array.from({ length: 200 }, (_, i) => i / 7) },
  { name: 'none at the end', dtype: 'F32', shape: [0, 4], data: new Float32Array(0) },
]);
const WHOLE = parseSafetensors(FILE, 'file');

function taking() {
  const taken: [string, Float32Array][] = [];
  let opened = 0;
  const sink = new TensorSink('file', {
    opened: () => void opened++,
    take: (tensor, file) => void taken.push([tensor, readF32(file, tensor)]),
  });
  return { sink, taken, opened: () => opened };
}

async function send(sink: TensorSink, bytes: Uint8Array<ArrayBuffer>, cuts: readonly number[] = []): Promise<void> {
  sink.begin({ total: null, version: null });
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i++) await sink.write(bytes.slice(places[i - 1], places[i]));
}

const all = [...WHOLE.tensors.keys()].map((tensor) => [tensor, readF32(WHOLE, tensor)]);

test('wherever the file is cut, each tensor comes once, in the order of the bytes', async () => {
  const cuts = fc.array(fc.nat(FILE.length), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cuts, async (cuts) => {
      const { sink, taken, opened } = taking();
      await send(sink, FILE, cuts);
      await sink.end();
      expect(taken).toEqual(all);
      expect(opened()).toBe(1);
    }),
  );
});

test('where the file begins again, so do the tensors', async () => {
  const { sink, taken, opened } = taking();
  const cut = FILE.length - 5;
  await send(sink, FILE.slice(0, cut), [700]);
  const before = all.filter(([tensor]) => WHOLE.tensors.get(tensor as string)!.end <= cut);
  expect(before.length).toBeLessThan(all.length);
  await send(sink, FILE, [100, 800]);
  await sink.end();
  expect(taken).toEqual([...before, ...all]);
  expect(opened()).toBe(2);
});

describe('a file that', () => {
  test.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    [
      'is too short',
      FILE.slice(0, FILE.length - 1),
      /^safetensors-invalid: file: the file ends after \d+ bytes, expected/,
    ],
    [
      'is too long',
      Uint8Array.of(...FILE, 0),
      /^safetensors-invalid: file: the file's last 1 bytes belong to no tensor/,
    ],
    ['ends in its header', FILE.slice(0, 20), /^safetensors-invalid: file: the header's length is \d+ bytes, but/],
    ['has no bytes', new Uint8Array(0), /^safetensors-invalid: file: the file has 0 bytes/],
    ['is a page', new TextEncoder().encode('<!doctype html>'), /^safetensors-invalid: file is a web page/],
  ])('%s is refused', async (_, bytes, sentence) => {
    for (const cuts of [[], [3, 9, 600]]) {
      const { sink } = taking();
      expect(await refusal(send(sink, bytes, cuts).then(() => sink.end()))).toMatch(sentence);
    }
  });
});

test('the weights of a model are on the GPU before the last of its bytes are there', async () => {
  const files = tinyModel();
  const bytes = (await files.read('model.safetensors'))!;
  const device = await testDevice();
  const uploaded: number[] = [];
  const { writeBuffer } = device.queue;
  let sent = 0;
  device.queue.writeBuffer = ((...args: Parameters<typeof writeBuffer>) => {
    uploaded.push(sent);
    writeBuffer.apply(device.queue, args);
  }) as typeof writeBuffer;
  try {
    const model = await loadModel(
      {
        ...files,
        async stream(path, sink) {
          if (path !== 'model.safetensors') throw new Error(`${path} is not streamed`);
          sink.begin({ total: bytes.length, version: null });
          for (sent = 0; sent < bytes.length; sent += 1000) await sink.write(bytes.slice(sent, sent + 1000));
          return sha256(bytes);
        },
      },
      { device },
    );
    expect(uploaded.some((at) => at > 0 && at < bytes.length / 2)).toBe(true);
    const whole = await loadModel({ name: files.name, read: files.read }, { device });
    expect(model.weightsHash).toBe(whole.weightsHash);
    for (const name of whole.weightNames) expect(await model.weight(name), name).toEqual(await whole.weight(name));
    model.dispose();
    whole.dispose();
  } finally {
    Reflect.deleteProperty(device.queue, 'writeBuffer');
  }
});
