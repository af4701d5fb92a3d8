import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compactResults } from '../../../results/compact/compact.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { writeList } from '../../support/job-lists.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openApp } from './open-app.ts';

const page = z.object({
  version: z.number(),
  count: z.number(),
  offset: z.number(),
  images: z.array(z.object({ id: z.string(), key: z.string() })),
});

const keysOf = (answer: unknown) => page.parse(answer).images.map(({ key }) => key);

const rows = [
  classifiedRow('b/two.jpg', {
    job: 'b',
    label: 'goldfish, Carassius auratus',
    label_id: 'n01443537',
    probability: 0.3,
  }),
  classifiedRow('a/one.jpg', { job: 'a', label: 'tench', probability: 0.9 }),
  classifiedRow('a/Émile_100%.jpg', { job: 'a', label: "dog's bed", probability: 0.5 }),
  rejectedRow('b/three.jpg', { job: 'b', reason: 'truncated' }),
  classifiedRow('b/gone.jpg', { job: 'b' }),
  deletedRow('b/gone.jpg', { job: 'b' }),
];

describe('/api/images', () => {
  it('returns pages of one stable order, with the total count', async () => {
    const many = Array.from({ length: 250 }, (_, index) => classifiedRow(`${String(index).padStart(3, '0')}.jpg`));
    const { json } = await openApp(await storeOf(many.toReversed()));
    const pages = await Promise.all([0, 100, 200, 300].map((offset) => json(`/api/images?offset=${offset}`)));
    expect(pages.map((answer) => page.parse(answer).count)).toEqual([250, 250, 250, 250]);
    expect(pages.flatMap(keysOf)).toEqual(many.map(({ key }) => key));
  });

  it.each([
    ['no filter', '', ['a/one.jpg', 'a/Émile_100%.jpg', 'b/three.jpg', 'b/two.jpg']],
    ['a job', 'job=b', ['b/three.jpg', 'b/two.jpg']],
    ['a label with a quotation mark', `label=${encodeURIComponent("dog's bed")}`, ['a/Émile_100%.jpg']],
    ['the first name of a label', 'label=Goldfish', ['b/two.jpg']],
    ['another name of a label', 'label=carassius%20auratus', ['b/two.jpg']],
    ['the whole label', 'label=goldfish,%20Carassius%20auratus', ['b/two.jpg']],
    ['the id of a label', 'label=n01443537', ['b/two.jpg']],
    ['an outcome', 'status=rejected', ['b/three.jpg']],
    ['deleted ones', 'status=deleted', ['b/gone.jpg']],
    ['a reason', 'reason=truncated', ['b/three.jpg']],
    ['text in the key, case-insensitive', `text=${encodeURIComponent('éMILE')}`, ['a/Émile_100%.jpg']],
    ['text with a pattern character', `text=${encodeURIComponent('0%')}`, ['a/Émile_100%.jpg']],
    ['words of the label', 'text=gold%20fish', ['b/two.jpg']],
    ['a minimum probability', 'min=0.5', ['a/one.jpg', 'a/Émile_100%.jpg']],
    ['decreasing probability', 'status=classified&sort=probability', ['a/one.jpg', 'a/Émile_100%.jpg', 'b/two.jpg']],
    ['several filters', 'job=b&min=0.2', ['b/two.jpg']],
    ['filters without a match', 'job=b&label=tench', []],
    ['a label with SQL in it', `label=${encodeURIComponent("' or true --")}`, []],
  ])('selects images by %s', async (_name, query, expected) => {
    const { json } = await openApp(await storeOf(rows));
    const answer = await json(`/api/images?${query}`);
    expect(keysOf(answer)).toEqual(expected);
    expect(page.parse(answer).count).toBe(expected.length);
  });

  it.each(['an empty store', 'a missing store'])(
    'returns no images for %s until the first results are written',
    async (name) => {
      const folder = await storeOf();
      const store = name === 'an empty store' ? folder : join(folder, 'later');
      const { json, live } = await openApp(store);
      expect(page.parse(await json('/api/images')).count).toBe(0);
      const pushed: number[] = [];
      live.subscribe(({ images }) => pushed.push(images));
      await appendTo(store, [rows]);
      await live.refresh();
      expect(pushed).toEqual([4]);
      expect(page.parse(await json('/api/images')).count).toBe(4);
      await live.refresh();
      expect(pushed).toEqual([4]);
    },
  );

  it('keeps the old results and reports the problem when newer ones cannot be read', async () => {
    const store = await storeOf(rows);
    const { json, live } = await openApp(store);
    await writeFile(`${store}/results/broken.parquet`, 'no parquet');
    await live.refresh();
    expect(live.state.problem).toContain('broken.parquet is damaged');
    expect(page.parse(await json('/api/images')).count).toBe(4);
  });
});

it('finds a detail although the parts were compacted meanwhile', async () => {
  const path = await storeOf([classifiedRow('a.jpg')], [classifiedRow('b.jpg')]);
  const { json } = await openApp(path);
  const { images } = page.parse(await json('/api/images'));
  const [folder, store, workFolder] = [{ kind: 'folder', path } as const, new FolderStore(), temporaryFolder()];
  await compactResults({ source: folder, store, workFolder, bytesPerRun: 1e9 });
  const details = await Promise.all(images.map(({ id }) => json(`/api/images/${id}`)));
  expect(details).toMatchObject([{ key: 'a.jpg' }, { key: 'b.jpg' }]);
});

describe('images classified by several models', () => {
  const late = { model: 'late@2', classified_at: new Date('2026-03-05T00:00:00Z') };
  const relabeled = [
    classifiedRow('a.jpg', { label: 'tench' }),
    classifiedRow('b.jpg', { label: 'tench' }),
    rejectedRow('c.jpg'),
    classifiedRow('a.jpg', { label: 'daisy', label_id: 'daisy', ...late }),
    classifiedRow('a.jpg', { label: 'tulip', ...late, preprocess: 'ten crops', classified_at: new Date(0) }),
    rejectedRow('c.jpg', { model: 'late@2' }),
  ];
  const named = z.object({
    images: z.array(z.object({ id: z.string(), key: z.string(), modelName: z.string().nullable() })),
  });
  const overviewOf = z.object({ models: z.unknown(), labels: z.unknown(), count: z.number() });

  it('are shown once with their latest result, or with that of the selected model', async () => {
    const { json } = await openApp(await storeOf(relabeled));
    expect(keysOf(await json('/api/images'))).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(keysOf(await json('/api/images?label=daisy'))).toEqual(['a.jpg']);
    expect(keysOf(await json('/api/images?label=tulip'))).toEqual([]);
    expect(keysOf(await json('/api/images?model=late@2'))).toEqual(['a.jpg', 'c.jpg']);
    expect(keysOf(await json(`/api/images?label=tench&model=${classifiedRow('').model}`))).toEqual(['a.jpg', 'b.jpg']);
  });

  it('are filtered by a model as in the command: by its name, or the start of its id', async () => {
    const { json } = await openApp(await storeOf(relabeled));
    expect(keysOf(await json('/api/images?model=late'))).toEqual(['a.jpg', 'c.jpg']);
    expect(keysOf(await json('/api/images?model=late@'))).toEqual(['a.jpg', 'c.jpg']);
    expect(keysOf(await json('/api/images?label=tulip&model=late%402/ten'))).toEqual(['a.jpg']);
    expect(keysOf(await json('/api/images?model=earlier'))).toEqual([]);
  });

  it('name their models, and the detail has the other results', async () => {
    const { json } = await openApp(await storeOf(relabeled));
    const { images } = named.parse(await json('/api/images'));
    expect(images.map(({ key, modelName }) => [key, modelName])).toEqual([
      ['a.jpg', 'late/fedc'],
      ['b.jpg', null],
      ['c.jpg', 'googlenet'],
    ]);
    const [a, b, c] = await Promise.all(images.map(({ id }) => json(`/api/images/${id}`)));
    expect(a).toMatchObject({
      ...{ label: 'daisy', modelName: 'late/fedc', model: 'late@2' },
      others: [
        { modelName: 'googlenet', status: 'classified', label: 'tench', labelId: 'n01440764' },
        { modelName: 'late/ten ', status: 'classified', label: 'tulip' },
      ],
    });
    expect(b).toMatchObject({ modelName: null, others: [] });
    expect(c).toMatchObject({ others: [{ modelName: 'late/fedc', status: 'rejected', reason: 'not_an_image' }] });
    const { others } = z.object({ others: z.array(z.object({ id: z.string() })) }).parse(a);
    expect(await json(`/api/images/${others[0]?.id}`)).toMatchObject({ label: 'tench', modelName: 'googlenet' });
  });

  it('are counted once in total and once per model', async () => {
    const { json, live } = await openApp(await storeOf(relabeled));
    expect(overviewOf.parse(await json('/api/overview'))).toEqual({
      count: 3,
      models: [
        { name: classifiedRow('').model, images: 3 },
        { name: 'late@2', images: 2 },
      ],
      labels: [
        { name: 'daisy', labelId: 'daisy', images: 1 },
        { name: 'tench', labelId: 'n01440764', images: 1 },
      ],
    });
    expect(live.state.images).toBe(3);
  });
});

it('shows an image of two jobs with different models in each job, and once in total', async () => {
  const again = { model: 'late@2', job: 'second', classified_at: new Date('2026-03-05T00:00:00Z') };
  const first = [classifiedRow('a.jpg', { job: 'first' }), classifiedRow('b.jpg', { job: 'first' })];
  const { json, live } = await openApp(await storeOf([...first, classifiedRow('a.jpg', again)]));
  expect(keysOf(await json('/api/images'))).toEqual(['a.jpg', 'b.jpg']);
  expect(keysOf(await json('/api/images?job=first'))).toEqual(['a.jpg', 'b.jpg']);
  expect(keysOf(await json('/api/images?job=second'))).toEqual(['a.jpg']);
  expect(live.state.jobs).toMatchObject([
    { job: 'second', classified: 1 },
    { job: 'first', classified: 2 },
  ]);
  expect(live.state.images).toBe(2);
});

describe('/api/overview', () => {
  it('counts each column without the filter on that column', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await json('/api/overview?job=a&label=tench')).toMatchObject({
      count: 1,
      jobs: [{ name: 'a', images: 1 }],
      labels: [
        { name: "dog's bed", images: 1 },
        { name: 'tench', images: 1 },
      ],
      labelCount: 2,
      reasons: [],
    });
    expect(await json('/api/overview')).toMatchObject({
      count: 4,
      statuses: [
        { name: 'classified', images: 3 },
        { name: 'deleted', images: 1 },
        { name: 'rejected', images: 1 },
      ],
      reasons: [{ name: 'truncated', images: 1, meaning: 'the image ends before its last pixel', isRetried: false }],
    });
  });

  it.each([
    ['job=bb', [{ name: 'job', value: 'bb', suggestion: 'b' }]],
    ['label=tenhc', [{ name: 'label', value: 'tenhc', suggestion: 'tench' }]],
    ['model=googlenett', [{ name: 'model', value: 'googlenett', suggestion: 'googlenet' }]],
    ['model=nope', [{ name: 'model', value: 'nope', suggestion: null }]],
    ['reason=truncatd', [{ name: 'reason', value: 'truncatd', suggestion: 'truncated' }]],
    [
      'job=zzzzzz&label=zzzzzz&status=deleted',
      [
        { name: 'job', value: 'zzzzzz', suggestion: null },
        { name: 'label', value: 'zzzzzz', suggestion: null },
      ],
    ],
    ['job=a&reason=truncated', []],
    ['job=listed', []],
    ['label=goldfish&text=nowhere', []],
    ['job=b&min=1', []],
  ])('names the filters whose value the results do not have: %s', async (query, unknown) => {
    const store = await storeOf([
      ...[...rows, classifiedRow('x.jpg', { job: 'only deleted' })],
      deletedRow('x.jpg', { job: 'only deleted' }),
    ]);
    await writeList(store, 'listed', [{ key: 'later.jpg' }]);
    const { json } = await openApp(store);
    expect(await json(`/api/overview?${query}`)).toMatchObject({ count: 0, unknown });
    expect(await json('/api/overview?job=only%20deleted')).toMatchObject({ count: 0, unknown: [] });
  });

  it('counts probabilities in 20 bins, with 1 in the last bin', async () => {
    const certain = [0, 0.049, 0.05, 0.999, 1].map((probability, index) =>
      classifiedRow(`${index}.jpg`, { probability: Math.fround(probability) }),
    );
    const { json } = await openApp(await storeOf(certain));
    const { probabilities } = z.object({ probabilities: z.array(z.number()) }).parse(await json('/api/overview'));
    expect(probabilities).toEqual([2, 1, ...Array.from({ length: 17 }, () => 0), 2]);
  });
});

describe('/api/images/:id', () => {
  it('returns every field except the embedding, and the position among the filtered images', async () => {
    const { json } = await openApp(await storeOf(rows));
    const { images } = page.parse(await json('/api/images?label=goldfish'));
    const detail = await json(`/api/images/${images[0]?.id}?job=b`);
    expect(detail).toMatchObject({
      key: 'b/two.jpg',
      bucket: 'drop',
      top: [
        { labelId: 'n01440764', label: 'tench' },
        { labelId: 'n01443537', label: 'goldfish' },
      ],
      classifiedAt: '2026-03-01T10:00:02.500Z',
      width: 500,
      bytes: 109_527,
      position: 1,
    });
    expect(detail).not.toHaveProperty('embedding');
    expect(await json(`/api/images/${images[0]?.id}?job=a`)).toMatchObject({ position: null });
  });

  it.each([
    ['0123456789abcdef', 404],
    ['..%2f..%2fetc%2fpasswd', 404],
    ['drop%2Fb%2Ftwo.jpg', 404],
  ])('finds no image %s: status %i', async (id, status) => {
    const { get } = await openApp(await storeOf(rows));
    expect((await get(`/api/images/${id}`)).status).toBe(status);
  });
});

describe('/api/events', () => {
  it('pushes the state of the jobs on connection', async () => {
    const now = new Date();
    const running = Array.from({ length: 30 }, (_, index) =>
      classifiedRow(`${index}.jpg`, { job: 'now', ingested_at: now, classified_at: now }),
    );
    const { get } = await openApp(await storeOf([...running, ...rows]));
    const reader = (await get('/api/events')).body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    const text = new TextDecoder().decode(value);
    expect(text).toMatch(/^event: state\ndata: /);
    const { jobs, images } = z
      .object({ images: z.number(), jobs: z.array(z.looseObject({ job: z.string() })) })
      .parse(JSON.parse(/data: (.*)/.exec(text)?.[1] ?? ''));
    expect(images).toBe(34);
    expect(jobs[0]).toMatchObject({ job: 'now', classified: 30, rejected: 0, perSecond: expect.any(Number) });
    expect(jobs[0]?.['perSecond']).toBeGreaterThan(0);
    expect(jobs.find(({ job }) => job === 'b')).toMatchObject({ classified: 1, rejected: 1, deleted: 1, perSecond: 0 });
  });
});
