import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ImageInput } from '../../../../cli/engine/classify/image-input.ts';
import { listedUploads } from '../../../../cli/engine/run/listed-uploads.ts';
import { openMemoryCrops } from '../../../../cli/engine/run/pipeline-crops.ts';
import { runPipeline } from '../../../../cli/engine/run/run-pipeline.ts';
import { Tally } from '../../../../cli/engine/run/tally.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { eventually } from '../../../support/eventually.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { byName, tinyImages } from './tiny-images.ts';

const { classifyWith, endless, first, folder, model, outcomesOf, paths, session } = await tinyImages();

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

  it('classifies several lists at the same time with one session', async () => {
    const lists = await Promise.all([outcomesOf(paths), outcomesOf(paths), outcomesOf([])]);
    expect(lists.map((outcomes) => outcomes.length)).toEqual([6, 6, 0]);
  });
});
