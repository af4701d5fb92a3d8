import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { maxSearchBytes } from '../../../gallery/server/routes/similar.ts';
import type { Embedder } from '../../../gallery/server/search/image-search.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { regionsPrefix } from '../../../shared/stores/keys.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { appendTo, storeOf } from '../../support/stores.ts';
import { openApp } from './open-app.ts';

const goldfish = { label: 'goldfish, Carassius auratus', label_id: 'n01443537' };
const towards = (...embedding: number[]) => ({ embedding: Float32Array.from(embedding) });
const rows = [
  classifiedRow('a.jpg', {
    regions: [storedRegion({ x: 1, ...towards(1, 0, 0) }), storedRegion({ x: 2, ...goldfish, ...towards(0, 1, 0) })],
  }),
  classifiedRow('b.jpg', {
    job: 'b',
    regions: [
      storedRegion({ x: 3, ...goldfish, ...towards(0, 1, 0.1) }),
      storedRegion({ x: 4, ...goldfish, ...towards(1, 0.2, 0) }),
    ],
  }),
  classifiedRow('none.jpg', { regions: [] }),
  classifiedRow('without.jpg', goldfish),
  rejectedRow('text.jpg'),
  classifiedRow('gone.jpg', { regions: [storedRegion(towards(1, 0, 0))] }),
  deletedRow('gone.jpg'),
];
const pageSchema = z.object({ images: z.array(z.object({ id: z.string(), key: z.string() })) });
const overviewSchema = z.looseObject({ regionLabels: z.array(z.object({ name: z.string(), images: z.number() })) });

type Json = (path: string) => Promise<unknown>;
const keysOf = async (json: Json, filter: string) =>
  pageSchema.parse(await json(`/api/images?${filter}`)).images.map(({ key }) => key);
async function idOf(json: Json, key: string): Promise<string> {
  const { images } = pageSchema.parse(await json('/api/images'));
  return images.find((image) => image.key === key)?.id ?? '';
}
const countsOf = async (json: Json, filter: string) =>
  overviewSchema.parse(await json(`/api/overview?${filter}`)).regionLabels.map(({ name, images }) => [name, images]);

describe('the regions of an image', () => {
  it('are listed in order, with their boxes, labels and numbers', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await json(`/api/images/${await idOf(json, 'a.jpg')}`)).toMatchObject({
      width: 500,
      height: 375,
      regions: [
        { region: 1, x: 1, y: 30, width: 200, height: 150, label: 'tench', labelId: 'n01440764' },
        { region: 2, x: 2, label: goldfish.label, labelId: goldfish.label_id, probability: expect.closeTo(0.9) },
      ],
    });
  });

  it('are empty if none was kept, and null without --regions', async () => {
    const { json } = await openApp(await storeOf(rows));
    const detail = async (key: string) => json(`/api/images/${await idOf(json, key)}`);
    expect(await detail('none.jpg')).toMatchObject({ regions: [] });
    expect(await detail('without.jpg')).toMatchObject({ regions: null });
    expect(await detail('text.jpg')).toMatchObject({ regions: null });
  });
});

describe('the filter by region', () => {
  it('selects images with a region of the label, whatever the label of the whole image is', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await keysOf(json, 'region=goldfish')).toEqual(['a.jpg', 'b.jpg']);
    expect(await keysOf(json, `region=${goldfish.label_id}`)).toEqual(['a.jpg', 'b.jpg']);
    expect(await keysOf(json, 'region=tench')).toEqual(['a.jpg']);
    expect(await keysOf(json, 'region=tench&status=deleted')).toEqual(['gone.jpg']);
  });

  it('combines with other filters', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await keysOf(json, 'region=goldfish&job=b')).toEqual(['b.jpg']);
    expect(await keysOf(json, 'region=goldfish&label=goldfish')).toEqual([]);
    expect(await keysOf(json, 'region=goldfish&text=a.jpg')).toEqual(['a.jpg']);
  });

  it('has counts of images per label, without the filter on regions', async () => {
    const { json } = await openApp(await storeOf(rows));
    const all = [
      [goldfish.label, 2],
      ['tench', 1],
    ];
    expect(await countsOf(json, '')).toEqual(all);
    expect(await countsOf(json, 'region=tench')).toEqual(all);
    expect(await countsOf(json, 'job=b')).toEqual([[goldfish.label, 1]]);
    expect(await json('/api/overview?job=b')).toMatchObject({ regionLabelCount: 1 });
    expect(await json('/api/overview?region=tench')).toMatchObject({
      count: 1,
      labels: [{ name: 'tench', images: 1 }],
    });
  });

  it('suggests a label of regions for an unknown one', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await json('/api/overview?region=goldfisch')).toMatchObject({
      count: 0,
      unknown: [{ name: 'region', value: 'goldfisch', suggestion: 'goldfish' }],
    });
  });

  it('counts no regions in results without them', async () => {
    const { json } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    expect(await json('/api/overview')).toMatchObject({ count: 1, regionLabels: [], regionLabelCount: 0 });
    expect(await keysOf(json, 'region=tench')).toEqual([]);
  });

  it('finds regions of each model when the results have several', async () => {
    const other = { model: 'other@0123456789ab', regions: [storedRegion(goldfish)] };
    const store = await storeOf([classifiedRow('a.jpg', { regions: [storedRegion()] }), classifiedRow('a.jpg', other)]);
    const { json } = await openApp(store);
    expect(await keysOf(json, 'region=goldfish&model=other')).toEqual(['a.jpg']);
    expect(await keysOf(json, 'region=tench&model=other')).toEqual([]);
  });
});

describe('similar regions', () => {
  it('are those of other images, most similar first, with their images and boxes', async () => {
    const { json } = await openApp(await storeOf(rows));
    const answer = await json(`/api/images/${await idOf(json, 'a.jpg')}/regions/1/similar`);
    expect(answer).toMatchObject({
      regions: [
        {
          ...{ region: 2, x: 4, y: 30, width: 200, height: 150, labelId: goldfish.label_id, imageWidth: 500 },
          image: { key: 'b.jpg', label: 'tench' },
          similarity: expect.closeTo(1 / Math.hypot(1, 0.2), 5),
        },
        { region: 1, x: 3, image: { key: 'b.jpg' } },
      ],
    });
  });

  it('include the newest results', async () => {
    const store = await storeOf(rows);
    const { json, live } = await openApp(store);
    const path = `/api/images/${await idOf(json, 'a.jpg')}/regions/1/similar`;
    await json(path);
    await appendTo(store, [[classifiedRow('new.jpg', { regions: [storedRegion(towards(1, 0, 0))] })]]);
    await live.refresh();
    expect(await json(path)).toMatchObject({ regions: [{ image: { key: 'new.jpg' } }, {}, {}] });
  });

  it('are refused for a region that the image does not have', async () => {
    const { json, get } = await openApp(await storeOf(rows));
    const of = async (key: string, region: string) => {
      const answer = await get(`/api/images/${await idOf(json, key)}/regions/${region}/similar`);
      return [answer.status, await answer.json()];
    };
    const missing = [404, { error: 'region not found in the results' }];
    expect(await of('a.jpg', '3')).toEqual(missing);
    expect(await of('none.jpg', '1')).toEqual(missing);
    expect(await of('without.jpg', '1')).toEqual(missing);
    for (const region of ['0', '1.5', 'x', '1001']) {
      expect(await of('a.jpg', region)).toEqual([
        400,
        { error: 'region: give the number of a region, from 1 to 1000' },
      ]);
    }
    expect((await get('/api/images/0123456789abcdef/regions/1/similar')).status).toBe(404);
  });

  it('are refused with the reason if the embeddings of regions were removed', async () => {
    const store = await storeOf(rows);
    await rm(join(store, regionsPrefix), { recursive: true });
    const { json, get } = await openApp(store);
    const answer = await get(`/api/images/${await idOf(json, 'a.jpg')}/regions/1/similar`);
    expect([answer.status, await answer.json()]).toEqual([
      409,
      {
        error: expect.stringMatching(
          /^the embedding of region 1,30,200,150 of .* is missing: copy the folder regions\/ /,
        ),
      },
    ]);
  });
});

describe('regions similar to an uploaded image', () => {
  const { model, preprocess } = classifiedRow('');
  const embedded = (...embedding: number[]) => ({
    ...{ ...towards(...embedding), width: 6, height: 4 },
    top: [{ label_id: 't1', label: 'direction', probability: 1 }],
  });
  /** The three bytes of an image are its embedding; a box in it is searched for in the third dimension. */
  const compass: Embedder = {
    space: { model, preprocess },
    isForRegionsOf: (space) => space.model === model && space.preprocess === preprocess,
    embed: async (bytes) => embedded(...bytes),
    async embedBox(_, box) {
      if (box.x + box.width > 6) throw new UserError('box is not inside the image');
      return embedded(0, 0.1, box.x);
    },
    close: async () => {},
  };
  const post = (...bytes: number[]) => ({ method: 'POST', body: Uint8Array.from(bytes) });

  it('are listed most similar first, with the label and size of the image', async () => {
    const { json } = await openApp(await storeOf(rows), compass);
    expect(await json('/api/similar-regions', post(1, 0, 0))).toMatchObject({
      ...{ width: 6, height: 4, top: [{ labelId: 't1', label: 'direction', probability: 1 }] },
      regions: [
        { image: { key: 'a.jpg' }, region: 1, similarity: 1 },
        { image: { key: 'b.jpg' }, region: 2, similarity: expect.closeTo(1 / Math.hypot(1, 0.2), 5) },
        {},
        {},
      ],
    });
  });

  it('are those of a box in it, if one is given', async () => {
    const { json } = await openApp(await storeOf(rows), compass);
    const answer = await json('/api/similar-regions?box=5,0,1,2', post(1, 0, 0));
    expect(answer).toMatchObject({ regions: [{ image: { key: 'b.jpg' }, region: 1 }, {}, {}, {}] });
  });

  it('are announced by the search for images', async () => {
    const { json } = await openApp(await storeOf(rows), compass);
    expect(await json('/api/similar', post(1, 0, 0))).toMatchObject({ hasRegions: true });
    const others = await openApp(await storeOf(rows), { ...compass, isForRegionsOf: () => false });
    expect(await others.json('/api/similar', post(1, 0, 0))).toMatchObject({ hasRegions: false });
  });

  it('are refused in one line', async () => {
    const store = await storeOf(rows);
    const { get } = await openApp(store, compass);
    const answerOf = async (answer: Response) => [answer.status, await answer.json()];
    const path = '/api/similar-regions';
    for (const box of ['', '1,2,3', '1,2,0,4', '-1,0,2,2', '1,2,3,4,5', 'x']) {
      expect(await answerOf(await get(`${path}?box=${box}`, post(1, 0, 0))), box).toEqual([
        400,
        { error: 'box: give the left edge, the upper edge, the width and the height in pixels: 40,30,200,150' },
      ]);
    }
    expect(await answerOf(await get(`${path}?box=5,0,2,2`, post(1, 0, 0)))).toEqual([
      409,
      { error: 'box is not inside the image' },
    ]);
    const large = await get(path, { method: 'POST', body: new Uint8Array(maxSearchBytes + 1) });
    expect([large.status, await large.json()]).toEqual([413, expect.objectContaining({ reason: 'too_large' })]);
    const withoutModel = await openApp(store);
    expect(await answerOf(await withoutModel.get(path, post(1, 0, 0)))).toEqual([
      409,
      { error: 'to search by image, restart serve with --model <name or directory>, the model of the results' },
    ]);
    const other = await openApp(await storeOf([classifiedRow('without.jpg')]), compass);
    expect(await answerOf(await other.get(path, post(1, 0, 0)))).toEqual([
      409,
      { error: `no regions of ${model}: classify the images with "run --regions 100"` },
    ]);
  });
});
