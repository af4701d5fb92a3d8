import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { maxThreads } from '../cli/engine/compute-limits.ts';
import { Failure, type ImageInput, openModel, UserError } from '../index.ts';
import { picture, writePhotos } from './support/photos.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
let paths: readonly string[] = [];

beforeAll(async () => {
  paths = (await writePhotos(folder, 6)).map((name) => join(folder, name));
});

/** The same image without an end, counted. */
async function* endless(read: { count: number }): AsyncGenerator<ImageInput> {
  const bytes = await readFile(paths[0] ?? '');
  for (; ; read.count += 1) yield { name: String(read.count), bytes };
}

describe('an open model', () => {
  it('classifies paths, URLs, bytes and streams, and gives the embedding of each', async () => {
    await using model = await openModel('fashion-mnist');
    const [path = ''] = paths;
    const bytes = await readFile(path);
    const images = [
      path,
      new URL(`file://${path}`),
      { name: 'bytes', bytes },
      { name: 'stream', stream: new Blob([bytes]).stream() },
    ];
    const outcomes = await Array.fromAsync(model.classify(images));
    expect(outcomes.map(({ name }) => name).toSorted()).toEqual([path, path, 'bytes', 'stream'].toSorted());
    const embedding = await model.embed(path);
    expect(embedding).toHaveLength(model.embeddingSize);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'classified', embedding, bytes: bytes.byteLength, provider: 'cpu' });
    }
    expect(await Array.fromAsync(model.classify(path))).toHaveLength(1);
  });

  it('classifies the regions of images in the calls that ask for them', async () => {
    await using model = await openModel('fashion-mnist');
    const path = join(folder, 'large.png');
    await picture(1, { width: 320, height: 240 }).png().toFile(path);
    const [plain, found] = await Promise.all([
      Array.fromAsync(model.classify(path)),
      Array.fromAsync(model.classify(path, { regions: 50 })),
    ]);
    const [outcome] = found;
    if (outcome?.status !== 'classified' || outcome.regions === undefined) throw new Error('there are no regions');
    expect(outcome.regions).not.toEqual([]);
    for (const { x, y, width, height, label, probability, embedding } of outcome.regions) {
      expect({ right: x + width <= 320, lower: y + height <= 240 }).toEqual({ right: true, lower: true });
      expect(model.labels.map(({ name }) => name)).toContain(label);
      expect(probability).toBeGreaterThan(0);
      expect(embedding).toHaveLength(model.embeddingSize);
    }
    const { regions: _, ...image } = outcome;
    expect(plain).toEqual([image]);
  });

  it.each([0, 1001, 1.5, '9'])('refuses %j regions', async (regions) => {
    await using model = await openModel('fashion-mnist', { threads: 1 });
    const classify = () => Reflect.apply(model.classify, model, [paths, { regions }]); // a program in JavaScript
    expect(classify).toThrow('regions: give a whole number from 1 to 1000');
    await expect(Reflect.apply(model.embed, model, [paths[0], { regions: 9 }])).rejects.toThrow('regions');
  });

  it('serves several calls at the same time', async () => {
    await using model = await openModel('fashion-mnist');
    const calls = await Promise.all(paths.map(async () => Array.fromAsync(model.classify(paths))));
    expect(calls.map(({ length }) => length)).toEqual(paths.map(() => paths.length));
  });

  it('reads no further than the consumer, and ends when the loop is left', async () => {
    await using model = await openModel('fashion-mnist', { threads: 1 });
    const read = { count: 0 };
    for await (const outcome of model.classify(endless(read))) {
      expect(outcome.status).toBe('classified');
      break;
    }
    expect(read.count).toBeLessThan(200);
  });

  it('throws an AbortError when its signal is aborted in mid-batch', async () => {
    await using model = await openModel('fashion-mnist');
    const controller = new AbortController();
    const work = async () => {
      for await (const _ of model.classify(endless({ count: 0 }), { signal: controller.signal })) controller.abort();
    };
    await expect(work()).rejects.toMatchObject({ name: 'AbortError' });
    expect(await Array.fromAsync(model.classify(paths))).toHaveLength(paths.length);
  });

  it('gives the reason of an image without an embedding', async () => {
    await using model = await openModel('fashion-mnist');
    const failure = await model.embed({ name: 'notes.txt', bytes: Buffer.from('no image') }).catch((error) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ reason: 'not_an_image', message: expect.stringContaining('notes.txt: ') });
  });

  it.each([
    ['a missing file', '/missing.jpg', /^\/missing.jpg does not exist/],
    ['an empty path', '', /^an empty text is not a path: give/],
    ['a path with NUL', 'a\0b', /^a\0b: a path has no NUL character: give the path of an image$/],
  ])('names %s once in the error of its embedding', async (_, path, message) => {
    await using model = await openModel('fashion-mnist', { threads: 1 });
    await expect(model.embed(path)).rejects.toThrow(message);
  });

  it('ends calls in progress when it is closed, and can be closed twice', async () => {
    const model = await openModel('fashion-mnist');
    const work = async () => {
      for await (const _ of model.classify(endless({ count: 0 }))) void model.close();
    };
    await expect(work()).rejects.toThrow('the model is closed');
    await model.close();
    await expect(model.embed(paths[0] ?? '')).rejects.toThrow(UserError);
  });
});

describe('images that a program in JavaScript may give', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'an image is a path'],
    ['null', null, 'not null'],
    ['a number in a list', [5], 'not 5'],
    ['nothing in a list', [undefined], 'not undefined'],
    ['bytes in place of a list', Buffer.from('bytes'), 'bytes need a name'],
    ['bytes in a list', [new Uint8Array(4)], 'bytes need a name'],
    ['a buffer', [new ArrayBuffer(4)], 'bytes need a name'],
    ['text as bytes', { name: 'a', bytes: 'abc' }, 'a Uint8Array, not a text'],
    ['a buffer as bytes', { name: 'a', bytes: new ArrayBuffer(4) }, 'not an object of ArrayBuffer'],
    ['a file', [new File(['abc'], 'a.jpg')], 'stream: blob.stream()'],
    ['bytes as a stream', { name: 'a', stream: new Uint8Array(4) }, 'not an object of Uint8Array'],
    ['a response as a stream', { name: 'a', stream: new Response('a') }, 'give a body'],
    ['an answer without a body', { name: 'a', stream: null }, 'not null'],
    ['bytes with a number as name', { name: 1, bytes: new Uint8Array(4) }, 'a name, a text'],
    ['a promise', Promise.resolve([]), 'await it'],
    ['a generator that was not called', function* () {}, 'call it'],
    ['an empty object', {}, 'an image is a path'],
    ['a readable stream as a list', new Blob(['abc']).stream(), 'bytes need a name'],
  ])('are refused in one line that says what to give: %s', async (_, images, line) => {
    await using model = await openModel('fashion-mnist', { threads: 1 });
    const work = async () => Array.fromAsync(Reflect.apply(model.classify, model, [images]));
    const error: unknown = await work().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(line);
    expect(String(error)).not.toContain('\n');
  });

  it('are rejected alone if their text is no path', async () => {
    await using model = await openModel('fashion-mnist', { threads: 1 });
    const outcomes = await Array.fromAsync(model.classify(['', 'https://example.com/a b.jpg', ...paths]));
    expect(outcomes.filter(({ status }) => status === 'classified')).toHaveLength(paths.length);
    expect(
      outcomes.filter(({ status }) => status === 'rejected').toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ).toEqual([
      { status: 'rejected', name: '', reason: 'unreadable', detail: expect.stringContaining('not a path') },
      {
        ...{ status: 'rejected', name: 'https://example.com/a b.jpg', reason: 'unreadable' },
        detail: expect.stringContaining('download the image first'),
      },
    ]);
  });

  it('come with options that are checked', async () => {
    await using model = await openModel('fashion-mnist', { threads: 1 });
    const [path] = paths;
    const calls = [{ sinal: 1 }, { signal: 'stop' }, null].map((options) => [path, options]);
    for (const call of calls) {
      const embedding: Promise<unknown> = Reflect.apply(model.embed, model, call);
      await expect(embedding).rejects.toThrow('invalid options of embed');
      expect(() => Reflect.apply(model.classify, model, call)).toThrow('invalid options of classify');
    }
  });
});

describe('opening a model', () => {
  it.each([
    [{ threads: 0 }, `threads: give a whole number from 1 to ${maxThreads}, four for each core`],
    [{ threads: 1e9 }, `threads: give a whole number from 1 to ${maxThreads}, four for each core`],
    [{ batch: 1025 }, 'batch: give a whole number from 1 to 1024'],
    [{ accelerator: 'gpu' }, 'accelerator'],
    [{ crops: 3 }, 'crops: give 1, 10 or 144'],
    [{ onStep: 'print' }, 'onStep: give a function'],
    [{ modle: 1 }, 'modle'],
  ])('refuses the options %j', async (options, name) => {
    // A program in JavaScript.
    const opening: Promise<unknown> = Reflect.apply(openModel, undefined, ['fashion-mnist', options]);
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(name);
  });

  it('suggests the name that was meant', async () => {
    await expect(openModel('fashion-mnits')).rejects.toThrow(UserError);
    await expect(openModel('fashion-mnits')).rejects.toThrow('fashion-mnist');
  });

  it('ends with the reason of an aborted signal', async () => {
    await expect(openModel('fashion-mnist', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('ends its threads when its signal is aborted while they load the network', async () => {
    const controller = new AbortController();
    const ended: Promise<unknown>[] = [];
    const onWorker = (worker: Worker) => {
      ended.push(once(worker, 'exit'));
      controller.abort();
    };
    process.on('worker', onWorker);
    onTestFinished(() => void process.off('worker', onWorker));
    await expect(openModel('fashion-mnist', { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(ended).not.toHaveLength(0);
    await Promise.all(ended);
  });
});
