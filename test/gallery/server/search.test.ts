import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { maxSearchBytes } from '../../../gallery/server/routes/similar.ts';
import type { Embedder } from '../../../gallery/server/search/image-search.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, storeOf } from '../../support/stores.ts';
import { openApp } from './open-app.ts';

const { model, preprocess } = classifiedRow('');
const rows = [
  classifiedRow('east.jpg', { embedding: Float32Array.of(1, 0, 0) }),
  classifiedRow('nearly-east.jpg', { embedding: Float32Array.of(1, 0.2, 0) }),
  classifiedRow('north.jpg', { embedding: Float32Array.of(0, 1, 0) }),
  classifiedRow('gone.jpg', { embedding: Float32Array.of(1, 0.01, 0) }),
  deletedRow('gone.jpg'),
  rejectedRow('text.jpg'),
];
const answerSchema = z.object({ images: z.array(z.object({ key: z.string(), similarity: z.number() })) });
const keysOf = (answer: unknown) => answerSchema.parse(answer).images.map(({ key }) => key);

/** An embedder that takes the three bytes of an image as its embedding. */
const compass: Embedder = {
  space: { model, preprocess },
  isForRegionsOf: (space) => space.model === model,
  async embed(bytes) {
    if (bytes.byteLength !== 3) throw new Failure('not_an_image', `expected 3 bytes but received ${bytes.byteLength}`);
    const top = [{ label_id: 't1', label: 'direction', probability: 1 }];
    return { embedding: Float32Array.from(bytes), top, width: 3, height: 1 };
  },
  async embedBox() {
    throw new Error('no box was expected');
  },
  close: async () => {},
};

async function idOf(json: (path: string) => Promise<unknown>, key: string): Promise<string> {
  const answer = await json(`/api/images?text=${key}`);
  return z.object({ images: z.tuple([z.object({ id: z.string() })]) }).parse(answer).images[0].id;
}

const post = (body: Uint8Array<ArrayBuffer>) => ({ method: 'POST', body });

describe('similar images', () => {
  it('are listed most similar first, without the image itself and deleted images', async () => {
    const { json } = await openApp(await storeOf(rows));
    const id = await idOf(json, 'nearly-east');
    expect(keysOf(await json(`/api/images/${id}/similar`))).toEqual(['east.jpg', 'north.jpg']);
  });

  it('are empty for a rejected image', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await json(`/api/images/${await idOf(json, 'text.jpg')}/similar`)).toEqual({ images: [] });
  });

  it('are found for an uploaded image, with its predicted labels', async () => {
    const { json } = await openApp(await storeOf(rows), compass);
    const answer = await json('/api/similar', post(Uint8Array.of(0, 9, 1)));
    expect(keysOf(answer)).toEqual(['north.jpg', 'nearly-east.jpg', 'east.jpg']);
    expect(answer).toMatchObject({ top: [{ labelId: 't1', label: 'direction', probability: 1 }], hasRegions: false });
  });

  it('include the newest results', async () => {
    const store = await storeOf(rows);
    const { json, live } = await openApp(store, compass);
    await json('/api/similar', post(Uint8Array.of(0, 0, 1)));
    await appendTo(store, [[classifiedRow('up.jpg', { embedding: Float32Array.of(0, 0, 1) })]]);
    await live.refresh();
    expect(keysOf(await json('/api/similar', post(Uint8Array.of(0, 0, 1))))[0]).toBe('up.jpg');
  });

  it('are refused with the failure reason for bytes that are not an image', async () => {
    const { get } = await openApp(await storeOf(rows), compass);
    const answer = await get('/api/similar', post(Uint8Array.of(1)));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toEqual({
      reason: 'not_an_image',
      error: 'the bytes are not an image: expected 3 bytes but received 1',
    });
  });

  it('are refused without a model, and for too large an image', async () => {
    const { get } = await openApp(await storeOf(rows));
    const without = await get('/api/similar', post(Uint8Array.of(1, 2, 3)));
    expect([without.status, await without.json()]).toEqual([
      409,
      { error: 'to search by image, restart serve with --model <name or directory>, the model of the results' },
    ]);
    const large = await get('/api/similar', post(new Uint8Array(maxSearchBytes + 1)));
    expect([large.status, await large.json()]).toEqual([413, expect.objectContaining({ reason: 'too_large' })]);
  });
});
