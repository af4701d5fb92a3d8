import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openImageEmbedder } from '../../../cli/engine/image-embedder.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { decoderProcessesOf } from '../../support/decoder-processes.ts';
import { picture } from '../../support/photos.ts';
import { openTinyClassifier } from '../../support/tiny-classifier.ts';

const { model, session } = await openTinyClassifier();
const bytes = await picture(1).jpeg().toBuffer();

function open({ decoders = 2 } = {}) {
  const embedder = openImageEmbedder({ model, session, batchSize: 8, decoders });
  onTestFinished(() => embedder.close());
  return embedder;
}

it('reads only as many images at the same time as it decodes and is about to decode', async () => {
  const embedder = open();
  let [reading, max] = [0, 0];
  const read = async () => {
    reading += 1;
    max = Math.max(max, reading);
    await setImmediate();
    reading -= 1;
    return bytes;
  };
  const images = Array.from({ length: 60 }, () => embedder.embed({ size: bytes.byteLength, read }));
  const [first, ...others] = await Promise.all(images);
  expect(first?.embedding).toHaveLength(model.manifest.outputs.embeddingSize);
  for (const other of others) expect(other).toEqual(first);
  expect(max).toBe(8);
});

it('reads an image again after a transient failure, and no other', async () => {
  const embedder = open();
  const failures = [new Failure('unavailable', 'the file changed'), new Failure('object_gone', 'no such file')];
  const read = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return bytes;
  };
  await expect(embedder.embed({ size: 0, read })).rejects.toMatchObject({ reason: 'object_gone' });
  expect(await embedder.embed({ size: 0, read })).toMatchObject({ format: 'jpeg' });
});

it('stops waiting for an image that cannot be read to its end', async () => {
  const embedder = open({ decoders: 1 });
  const controller = new AbortController();
  const read = () => new Promise<never>(() => {});
  const waiting = embedder.embed({ size: 0, read }, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

it('rejects an image whose probabilities are not numbers', async () => {
  const scores = { probabilities: Float32Array.of(NaN), embeddings: Float32Array.of(NaN) };
  const broken = { ...session, run: async () => scores };
  const embedder = openImageEmbedder({ model, session: broken, batchSize: 8, decoders: 1 });
  onTestFinished(() => embedder.close());
  const embedding = embedder.embed({ size: bytes.byteLength, read: async () => bytes });
  await expect(embedding).rejects.toMatchObject({ reason: 'internal' });
});

it('decodes an image in another process after a failure', async () => {
  const embedder = open();
  const failures = [new Failure('unavailable', 'the file changed')];
  const read = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return bytes;
  };
  const before = decoderProcessesOf(process.pid);
  await embedder.embed({ size: 0, read: async () => bytes });
  expect(decoderProcessesOf(process.pid)).toEqual(before);
  await embedder.embed({ size: 0, read });
  expect(decoderProcessesOf(process.pid)).not.toEqual(before);
});

it('reads a file that takes the whole memory for files alone', async () => {
  const embedder = open();
  const released = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  let reading = 0;
  const read = async () => {
    reading += 1;
    started.resolve();
    await released.promise;
    return bytes;
  };
  const images = [1, 2].map(() => embedder.embed({ size: 2 ** 40, read }));
  await started.promise;
  await setImmediate();
  expect(reading).toBe(1);
  released.resolve();
  await Promise.all(images);
  expect(reading).toBe(2);
});

it('computes a box in an image in the same way in a process of its own', async () => {
  const embedder = open();
  const box = { x: 3, y: 2, width: 20, height: 15 };
  const size = bytes.byteLength;
  const here = await embedder.embedBox({ size, read: async () => bytes }, box);
  expect(here.embedding).toHaveLength(model.manifest.outputs.embeddingSize);
  expect(here.top).toHaveLength(Math.min(5, model.manifest.labels.length));
  const whole = await embedder.embed({ size, read: async () => bytes });
  expect(here.embedding).not.toEqual(whole.embedding);
  // After a transient failure, the image is a suspect.
  const failures = [new Failure('unavailable', 'the file changed')];
  const read = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return bytes;
  };
  expect(await embedder.embedBox({ size, read }, box)).toEqual(here);
  await expect(embedder.embedBox({ size, read }, { ...box, x: 100_000 })).rejects.toThrow(
    /^box 100000,2,20,15 is not inside the image, which has \d+ × \d+ pixels$/,
  );
});
