import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type ClassifyOptions,
  classifyImages,
  type ImageInputs,
} from '../../../../cli/engine/classify/classify-images.ts';
import type { ImageInput } from '../../../../cli/engine/classify/image-input.ts';
import type { ImageOutcome } from '../../../../cli/engine/classify/image-outcome.ts';
import { listedUploads } from '../../../../cli/engine/run/listed-uploads.ts';
import { openMemoryCrops, runPipeline } from '../../../../cli/engine/run/run-pipeline.ts';
import { Tally } from '../../../../cli/engine/run/tally.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';
import { SessionLost } from '../../../../shared/inference/session-lost.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { eventually } from '../../../support/eventually.ts';
import { writePhotos } from '../../../support/photos.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const folder = temporaryFolder();
const names = await writePhotos(folder, 6);
const paths = names.map((name) => join(folder, name));
const [first = ''] = paths;
const { model, session } = await openTinyClassifier({ threads: 2 });

function classifyWith(inputs: ImageInputs, options: Partial<ClassifyOptions> = {}) {
  return classifyImages(inputs, { model, session, decoders: 2, batchSize: 4, ...options });
}

async function outcomesOf(inputs: ImageInputs, options: Partial<ClassifyOptions> = {}): Promise<ImageOutcome[]> {
  return Array.fromAsync(classifyWith(inputs, options));
}

function byName(outcomes: readonly ImageOutcome[]): Map<string, ImageOutcome> {
  return new Map(outcomes.map((outcome) => [outcome.name, outcome]));
}

/** A web stream that gives chunks, then waits; `canceled` resolves when nobody reads it any more. */
function waitingStream(chunks: readonly Uint8Array[] = []) {
  const canceled = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    pull: () => {
      started.resolve();
      return new Promise(() => {});
    },
    cancel: () => canceled.resolve(),
  });
  return { stream, canceled: canceled.promise, started: started.promise };
}

/** The paths without an end, with the number of those that were taken and whether the loop over them was left. */
function endless() {
  const state = { pulled: 0, isLeft: false };
  async function* inputs(): AsyncGenerator<string> {
    try {
      for (;;) {
        state.pulled += 1;
        yield first;
      }
    } finally {
      state.isLeft = true;
    }
  }
  return { inputs: inputs(), state };
}

function thrown(error: Error): never {
  throw error;
}

describe('classifyImages', () => {
  it('gives the labels and embedding that a run stores', async () => {
    const results = new RecordingResults();
    const objects = new FolderStore();
    const tally = new Tally();
    await runPipeline({
      uploads: () => listedUploads({ objects, bucket: folder, prefix: '', kind: 'folder' }, 'test', new Map(), tally),
      ...{ objects, openCrops: openMemoryCrops, outputs: [], requestedPrefix: '', results, model, tally },
      ...{ session: Promise.resolve(session), decoders: 2, batchSize: 4, stop: new AbortController().signal },
    });
    const outcomes = byName(await outcomesOf(paths));
    expect(results.rows).toHaveLength(6);
    for (const row of results.rows) {
      if (row.status !== 'classified') throw new Error(`${row.key} is ${row.status}`);
      const { label, label_id, probability, top, embedding, width, height, format, bytes, provider } = row;
      expect(outcomes.get(join(folder, row.key))).toEqual({
        ...{ status: 'classified', name: join(folder, row.key), label, label_id, probability, top },
        ...{ embedding: embedding.slice(), width, height, format, bytes, provider },
      });
    }
  });

  it('takes paths, file URLs, bytes, web streams and iterables of chunks', async () => {
    const bytes = await readFile(first);
    const half = bytes.byteLength >> 1;
    async function* chunks() {
      yield bytes.subarray(0, half);
      yield bytes.subarray(half);
    }
    const outcomes = await outcomesOf([
      first,
      pathToFileURL(first),
      { name: 'bytes', bytes },
      { name: 'web', stream: new Blob([bytes]).stream() },
      { name: 'chunks', stream: chunks() },
    ]);
    expect(outcomes.map(({ name }) => name).toSorted()).toEqual([first, first, 'bytes', 'chunks', 'web'].toSorted());
    const probabilities = outcomes.map((outcome) => outcome.status === 'classified' && outcome.probability);
    expect(new Set(probabilities).size).toBe(1);
  });

  it('rejects what cannot be read or decoded, and classifies the others', async () => {
    const text = join(folder, 'text');
    await writeFile(text, 'no picture');
    const missing = join(folder, 'missing.jpg');
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('socket hang up')),
    });
    async function* texts() {
      yield 'text' as unknown as Uint8Array;
    }
    const inputs: ImageInput[] = [
      ...[missing, text, folder, `${folder}/\0`],
      new URL('https://example.com/photo.jpg'),
      { name: 'no bytes', bytes: new Uint8Array() },
      { name: 'failing', stream: failing },
      { name: 'texts', stream: texts() },
      first,
    ];
    const reasons = (await outcomesOf(inputs)).map((outcome) =>
      outcome.status === 'rejected' ? `${outcome.name}: ${outcome.reason}` : outcome.status,
    );
    expect(reasons.toSorted()).toEqual(
      [
        `${missing}: object_gone`,
        `${text}: not_an_image`,
        `${folder}: unreadable`,
        `${folder}/\0: unreadable`,
        'https://example.com/photo.jpg: unreadable',
        'no bytes: empty',
        'failing: unreadable',
        'texts: unreadable',
        'classified',
      ].toSorted(),
    );
  });

  it('names the images that look hidden or like output of the pipeline', async () => {
    const hidden = join(folder, '.hidden.jpg');
    await writeFile(hidden, await readFile(first));
    expect(await outcomesOf([hidden])).toMatchObject([{ name: hidden, status: 'classified' }]);
  });

  it('refuses a path in place of a list of paths', async () => {
    await expect(outcomesOf(first)).rejects.toThrow('give a list of images');
  });

  it('gives an outcome while the next input is not known yet', async () => {
    const next = Promise.withResolvers<string>();
    async function* inputs() {
      yield first;
      yield await next.promise;
    }
    const outcomes = classifyWith(inputs());
    expect(await outcomes.next()).toMatchObject({ value: { name: first, status: 'classified' } });
    next.resolve(paths[1] ?? '');
    expect(await outcomes.next()).toMatchObject({ value: { name: paths[1], status: 'classified' } });
    expect(await outcomes.next()).toEqual({ done: true, value: undefined });
  });

  it('takes no more inputs than a slow consumer has room for', async () => {
    const { inputs, state } = endless();
    const outcomes = classifyWith(inputs);
    await outcomes.next();
    await eventually(() => expect(state.pulled).toBe(64));
    // The room of an outcome is free when the next one is taken.
    for (let taken = 0; taken < 10; taken += 1) await outcomes.next();
    await eventually(() => expect(state.pulled).toBe(74));
    await outcomes.return();
    expect(state).toEqual({ pulled: 74, isLeft: true });
  });

  it('throws an AbortError in mid-batch, ends streams, and leaves the session usable', async () => {
    const controller = new AbortController();
    const waiting = waitingStream([new Uint8Array(10)]);
    const unread = waitingStream();
    async function* inputs(): AsyncGenerator<ImageInput> {
      yield { name: 'waiting', stream: waiting.stream };
      yield { name: 'unread', stream: unread.stream };
      for (;;) yield first;
    }
    const seen: string[] = [];
    const work = (async () => {
      for await (const { name } of classifyWith(inputs(), { signal: controller.signal })) {
        seen.push(name);
        if (seen.length === 3) controller.abort();
      }
    })();
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(3);
    await Promise.all([waiting.canceled, unread.canceled]);
    expect(await outcomesOf([first])).toMatchObject([{ status: 'classified' }]);
  });

  it('throws an AbortError while it waits for an input that never comes', async () => {
    const controller = new AbortController();
    async function* inputs(): AsyncGenerator<ImageInput> {
      yield first;
      await new Promise(() => {});
    }
    const outcomes = classifyWith(inputs(), { signal: controller.signal });
    await outcomes.next();
    const next = outcomes.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('ends when it is left while an outcome is awaited whose input never comes', async () => {
    async function* inputs(): AsyncGenerator<ImageInput> {
      yield first;
      await new Promise(() => {});
    }
    const outcomes = classifyWith(inputs());
    await outcomes.next();
    const next = outcomes.next();
    await expect(outcomes.return()).resolves.toEqual({ done: true, value: undefined });
    await expect(next).resolves.toEqual({ done: true, value: undefined });
    await expect(outcomes.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('ends streams that are read when it is left', async () => {
    const waiting = waitingStream([new Uint8Array(10)]);
    const outcomes = classifyWith([{ name: 'waiting', stream: waiting.stream }]);
    const next = outcomes.next();
    await waiting.started;
    await outcomes.return();
    await waiting.canceled;
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it.each(['left', 'aborted'])(
    'drops the images that were read ahead when it is %s, also a batch that runs',
    async (end) => {
      const controller = new AbortController();
      const next = Promise.withResolvers<void>();
      let batches = 0;
      // The first batch gives outcomes; the others run without an end.
      const run: typeof session.run = (batch) => {
        batches += 1;
        if (batches === 1) return session.run(batch);
        next.resolve();
        return new Promise(() => {});
      };
      const stuck = { ...session, run };
      const outcomes = classifyWith(endless().inputs, { session: stuck, signal: controller.signal });
      await outcomes.next();
      await next.promise;
      if (end === 'left') await outcomes.return();
      else {
        controller.abort();
        await expect(Array.fromAsync(outcomes)).rejects.toMatchObject({ name: 'AbortError' });
      }
      expect(batches).toBeLessThanOrEqual(1 + session.parallel);
    },
  );

  it('reads nothing if the signal was aborted before', async () => {
    const { inputs, state } = endless();
    await expect(outcomesOf(inputs, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(state.pulled).toBe(0);
  });

  it.each<[string, (broken: Error) => AsyncIterable<ImageInput> | Iterable<ImageInput>]>([
    [
      'throw',
      async function* (broken) {
        yield* paths;
        throw broken;
      },
    ],
    [
      'throw in a list',
      function* (broken) {
        yield* paths;
        throw broken;
      },
    ],
    ['cannot be iterated', (broken) => ({ [Symbol.asyncIterator]: () => thrown(broken) })],
  ])('gives the outcomes of the images before inputs that %s, then throws the error', async (name, inputs) => {
    const broken = new Error('the list is broken');
    const seen: string[] = [];
    const work = async () => {
      for await (const outcome of classifyWith(inputs(broken))) seen.push(`${outcome.name} ${outcome.status}`);
    };
    await expect(work()).rejects.toBe(broken);
    const given = name === 'cannot be iterated' ? [] : paths;
    expect(seen.toSorted()).toEqual(given.map((path) => `${path} classified`));
  });

  it('gives the outcomes of the images before one that is no image, then throws, and ends the inputs', async () => {
    let isLeft = false;
    function* inputs(): Generator<ImageInput> {
      try {
        yield* paths;
        yield 5 as unknown as string;
        yield* paths;
      } finally {
        isLeft = true;
      }
    }
    const seen: string[] = [];
    const work = async () => {
      for await (const outcome of classifyWith(inputs())) seen.push(outcome.name);
    };
    await expect(work()).rejects.toThrow(UserError);
    expect(seen.toSorted()).toEqual(paths);
    expect(isLeft).toBe(true);
  });

  it('throws when the session is lost, although inputs still wait for room', async () => {
    const lost = { ...session, run: () => Promise.reject(new SessionLost('the thread has ended')) };
    const { inputs, state } = endless();
    await expect(outcomesOf(inputs, { session: lost })).rejects.toThrow(SessionLost);
    expect(state.isLeft).toBe(true);
  });

  it('classifies several lists at the same time with one session', async () => {
    const lists = await Promise.all([outcomesOf(paths), outcomesOf(paths), outcomesOf([])]);
    expect(lists.map((outcomes) => outcomes.length)).toEqual([6, 6, 0]);
  });
});
