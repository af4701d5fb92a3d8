import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { countRelabel } from '../../../results/relabel/count-relabel.ts';
import { relabel } from '../../../results/relabel/relabel.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { opened, query, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const source = 'tiny@source';

async function tinyModel(): Promise<Model> {
  const folder = join(temporaryFolder(), 'tiny');
  await writeTinyModel(folder, { labels: 3 });
  return loadModel(folder);
}

/** The label of an embedding is the index of the largest of its first three numbers. */
const head = {
  provider: 'cpu',
  async probabilities(embeddings: Float32Array) {
    const rows = embeddings.length / 8;
    return Float32Array.from({ length: rows * 3 }, (_, at) => embeddings[Math.floor(at / 3) * 8 + (at % 3)] ?? 0);
  },
};

const embedding = (...first: number[]) => Float32Array.from({ length: 8 }, (_, at) => first[at] ?? at / 100);

async function relabeled(
  path: string,
  model: Model,
  { sources = [source], stop = new AbortController().signal, ...changes }: RelabelChanges = {},
): Promise<number> {
  let stored = 0;
  await relabel(sources, {
    results: await opened(path),
    model,
    head,
    writer: new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }),
    now: () => new Date('2026-04-01T00:00:00Z'),
    stop,
    onStored: (rows) => {
      stored += rows.length;
    },
    ...changes,
  });
  return stored;
}

interface RelabelChanges {
  readonly sources?: readonly string[];
  readonly stop?: AbortSignal;
  readonly writer?: ResultsWriter;
  readonly rowsPerPart?: number;
  readonly preprocesses?: readonly string[];
}

/** Enough rows for several chunks of 2048, and so for several parts. */
async function storeOfMany(model: Model) {
  const of = { model: source, preprocess: model.preprocess, embedding: embedding(1) };
  const rows = Array.from({ length: 5000 }, (_, number) => classifiedRow(`${number}.jpg`, of));
  return { path: await storeOf(rows), rows };
}

describe('relabel', () => {
  it('writes rows with the labels of the model and the other columns unchanged', async () => {
    const model = await tinyModel();
    const of = { model: source, preprocess: model.preprocess };
    const row = classifiedRow('a.jpg', {
      ...of,
      embedding: embedding(0.2, 0.7, 0.1),
      version: 'v1',
      sequencer: '0a1',
      job: 'summer',
      provider: 'cuda',
    });
    const path = await storeOf([row]);
    expect(await relabeled(path, model)).toBe(1);
    const rest = `image_id, bucket, key, version, etag, job, bytes, width, height, format, sequencer, preprocess,
      event_time::text, ingested_at::text, embedding::text`;
    const rows = await query(
      path,
      `select model, label, label_id, round(probability::double, 3), [entry.label_id for entry in top]::text, provider,
         classified_at::text, ${rest} from results order by model = '${source}'`,
    );
    expect(rows[0]?.slice(0, 7)).toEqual([
      ...[model.id, 'tiny 1', 't1', 0.7, '[t1, t0, t2]', 'cpu', '2026-04-01 00:00:00+00'],
    ]);
    expect(rows[0]?.slice(7)).toEqual(rows[1]?.slice(7));
    expect(rows).toHaveLength(2);
  });

  it('writes missing rows once, copies rejections because of content, and omits retryable failures', async () => {
    const model = await tinyModel();
    const of = { model: source, preprocess: model.preprocess };
    const classified = (key: string, changes = {}) =>
      classifiedRow(key, { ...of, embedding: embedding(1), ...changes });
    const path = await storeOf(
      [classified('a.jpg'), classified('b.jpg'), classified('gone.jpg'), classified('crops.jpg', { preprocess: 'x' })],
      [classified('b.jpg', { model: model.id, label: 'by a run' })],
      [
        rejectedRow('text.jpg', of),
        rejectedRow('late.jpg', { ...of, reason: 'timeout' }),
        deletedRow('gone.jpg', of),
        rejectedRow('large.jpg', { ...of, reason: 'too_large' }),
      ],
      [classifiedRow('other.jpg', { ...of, model: 'other@1' })],
    );
    const counts = async () =>
      countRelabel(await opened(path), [source], { model: model.id, preprocess: model.preprocess });
    expect(await counts()).toEqual({ total: 3, done: 1, classifiedBefore: 1, untried: 2, otherwise: 1 });
    expect(await relabeled(path, model)).toBe(2);
    expect(await counts()).toEqual({ total: 3, done: 3, classifiedBefore: 2, untried: 2, otherwise: 1 });
    expect(await relabeled(path, model)).toBe(0);
    const rows = await query(
      path,
      `select key, status, coalesce(label, reason) from results where model = '${model.id}' order by key`,
    );
    expect(rows).toEqual([
      ['a.jpg', 'classified', 'tiny 0'],
      ['b.jpg', 'classified', 'by a run'],
      ['text.jpg', 'rejected', 'not_an_image'],
    ]);
  });

  it('labels images that were classified with regions once, without regions', async () => {
    const model = await tinyModel();
    const of = { model: source, preprocess: model.preprocess };
    const withRegions = { ...of, preprocess: 'with 100 regions', regions: [storedRegion()] };
    const path = await storeOf(
      [classifiedRow('both.jpg', { ...of, embedding: embedding(1) })],
      [
        classifiedRow('both.jpg', { ...withRegions, embedding: embedding(1) }),
        classifiedRow('regions.jpg', { ...withRegions, embedding: embedding(0, 1) }),
        classifiedRow('crops.jpg', { ...of, preprocess: '10 crops', embedding: embedding(1) }),
        rejectedRow('text.jpg', { ...of, preprocess: 'with 100 regions' }),
      ],
    );
    const preprocesses = ['with 100 regions'];
    const counts = async () =>
      countRelabel(await opened(path), [source], { model: model.id, preprocess: model.preprocess }, preprocesses);
    expect(await counts()).toMatchObject({ total: 3, done: 0, otherwise: 1 });
    expect(await relabeled(path, model, { preprocesses })).toBe(3);
    expect(await counts()).toMatchObject({ total: 3, done: 3 });
    expect(await relabeled(path, model, { preprocesses })).toBe(0);
    const rows = await query(
      path,
      `select key, preprocess, label_id, regions from results where model = '${model.id}' order by key`,
    );
    expect(rows).toEqual([
      ['both.jpg', model.preprocess, 't0', null],
      ['regions.jpg', model.preprocess, 't1', null],
      ['text.jpg', model.preprocess, null, null],
    ]);
  });

  it('uses the row of the first of several source models', async () => {
    const model = await tinyModel();
    const of = { preprocess: model.preprocess };
    const path = await storeOf([
      classifiedRow('a.jpg', { ...of, model: 'second@1', embedding: embedding(1) }),
      classifiedRow('a.jpg', { ...of, model: 'first@1', embedding: embedding(0, 1) }),
      classifiedRow('b.jpg', { ...of, model: 'second@1', embedding: embedding(0, 0, 1) }),
    ]);
    expect(await relabeled(path, model, { sources: ['first@1', 'second@1'] })).toBe(2);
    const rows = await query(path, `select key, label_id from results where model = '${model.id}' order by key`);
    expect(rows).toEqual([
      ['a.jpg', 't1'],
      ['b.jpg', 't2'],
    ]);
  });

  it('continues after it was stopped', async () => {
    const model = await tinyModel();
    const { path, rows } = await storeOfMany(model);
    const stop = new AbortController();
    const store = new ResultsStore(new FolderStore(), { bucket: path, prefix: '' });
    const writer: ResultsWriter = {
      append(part) {
        stop.abort();
        return store.append(part);
      },
    };
    const first = await relabeled(path, model, { stop: stop.signal, writer, rowsPerPart: 2048 });
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(rows.length);
    expect(await relabeled(path, model)).toBe(rows.length - first);
    const counted = `select count(*)::int, count(distinct image_id)::int from results where model = '${model.id}'`;
    expect(await query(path, counted)).toEqual([[rows.length, rows.length]]);
  });

  it('writes one part at a time while it fills the next', async () => {
    const model = await tinyModel();
    const { path, rows } = await storeOfMany(model);
    const sizes: number[] = [];
    let [writing, maxWriting] = [0, 0];
    const writer: ResultsWriter = {
      async append(part) {
        sizes.push(part.length);
        writing += 1;
        maxWriting = Math.max(maxWriting, writing);
        await sleep(20);
        writing -= 1;
      },
    };
    expect(await relabeled(path, model, { writer, rowsPerPart: 2048 })).toBe(rows.length);
    expect(maxWriting).toBe(1);
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
  });

  it('throws the fault of the first part even if later parts could be written', async () => {
    const model = await tinyModel();
    const { path } = await storeOfMany(model);
    let parts = 0;
    const writer: ResultsWriter = {
      async append() {
        parts += 1;
        if (parts === 1) throw new Error('disk full for a moment');
      },
    };
    await expect(relabeled(path, model, { writer, rowsPerPart: 2048 })).rejects.toThrow('disk full for a moment');
    expect(parts).toBe(1);
  });

  it('throws the fault of a store that is not writable', async () => {
    const model = await tinyModel();
    const row = classifiedRow('a.jpg', { model: source, preprocess: model.preprocess, embedding: embedding(1) });
    const writer: ResultsWriter = { append: () => Promise.reject(new Error('disk full')) };
    await expect(relabeled(await storeOf([row]), model, { writer })).rejects.toThrow('disk full');
  });
});
