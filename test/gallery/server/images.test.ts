import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compactResults } from '../../../results/compact/compact.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { classifiedRow } from '../../support/result-rows.ts';
import { appendTo, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { exampleRows as rows } from './example-rows.ts';
import { imagePage, keysOf } from './image-page.ts';
import { openApp } from './open-app.ts';

describe('/api/images', () => {
  it('returns pages of one stable order, with the total count', async () => {
    const many = Array.from({ length: 250 }, (_, index) => classifiedRow(`${String(index).padStart(3, '0')}.jpg`));
    const { json } = await openApp(await storeOf(many.toReversed()));
    const pages = await Promise.all([0, 100, 200, 300].map((offset) => json(`/api/images?offset=${offset}`)));
    expect(pages.map((answer) => imagePage.parse(answer).count)).toEqual([250, 250, 250, 250]);
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
    expect(imagePage.parse(answer).count).toBe(expected.length);
  });

  it.each(['an empty store', 'a missing store'])(
    'returns no images for %s until the first results are written',
    async (name) => {
      const folder = await storeOf();
      const store = name === 'an empty store' ? folder : join(folder, 'later');
      const { json, live } = await openApp(store);
      expect(imagePage.parse(await json('/api/images')).count).toBe(0);
      const pushed: number[] = [];
      live.subscribe(({ images }) => pushed.push(images));
      await appendTo(store, [rows]);
      await live.refresh();
      expect(pushed).toEqual([4]);
      expect(imagePage.parse(await json('/api/images')).count).toBe(4);
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
    expect(imagePage.parse(await json('/api/images')).count).toBe(4);
  });
});

it('finds a detail although the parts were compacted meanwhile', async () => {
  const path = await storeOf([classifiedRow('a.jpg')], [classifiedRow('b.jpg')]);
  const { json } = await openApp(path);
  const { images } = imagePage.parse(await json('/api/images'));
  const [folder, store, workFolder] = [{ kind: 'folder', path } as const, new FolderStore(), temporaryFolder()];
  await compactResults({ source: folder, store, workFolder, bytesPerRun: 1e9 });
  const details = await Promise.all(images.map(({ id }) => json(`/api/images/${id}`)));
  expect(details).toMatchObject([{ key: 'a.jpg' }, { key: 'b.jpg' }]);
});

describe('/api/images/:id', () => {
  it('returns every field except the embedding, and the position among the filtered images', async () => {
    const { json } = await openApp(await storeOf(rows));
    const { images } = imagePage.parse(await json('/api/images?label=goldfish'));
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
