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

/** A network for which an image is a direction, one byte each. */
const compass: Embedder = {
  space: { model, preprocess },
  async embed(bytes) {
    if (bytes.byteLength !== 3) throw new Failure('not_an_image', `expected 3 bytes, got ${bytes.byteLength}`);
    return { embedding: Float32Array.from(bytes), top: [{ label_id: 't1', label: 'a way', probability: 1 }] };
  },
  close: async () => {},
};

async function idOf(json: (path: string) => Promise<unknown>, key: string): Promise<string> {
  const answer = await json(`/api/images?text=${key}`);
  return z.object({ images: z.tuple([z.object({ id: z.string() })]) }).parse(answer).images[0].id;
}

const post = (body: Uint8Array<ArrayBuffer>) => ({ method: 'POST', body });

describe('similar images', () => {
  it('are told most similar first, without the image itself and those that are gone', async () => {
    const { json } = await openApp(await storeOf(rows));
    const id = await idOf(json, 'nearly-east');
    expect(keysOf(await json(`/api/images/${id}/similar`))).toEqual(['east.jpg', 'north.jpg']);
  });

  it('are none for an image that was rejected', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await json(`/api/images/${await idOf(json, 'text.jpg')}/similar`)).toEqual({ images: [] });
  });

  it('are found for the bytes of an image that is not there, with what the model takes it for', async () => {
    const { json } = await openApp(await storeOf(rows), compass);
    const answer = await json('/api/similar', post(Uint8Array.of(0, 9, 1)));
    expect(keysOf(answer)).toEqual(['north.jpg', 'nearly-east.jpg', 'east.jpg']);
    expect(answer).toMatchObject({ top: [{ labelId: 't1', label: 'a way', probability: 1 }] });
  });

  it('are those of the newest results', async () => {
    const store = await storeOf(rows);
    const { json, live } = await openApp(store, compass);
    await json('/api/similar', post(Uint8Array.of(0, 0, 1)));
    await appendTo(store, [[classifiedRow('up.jpg', { embedding: Float32Array.of(0, 0, 1) })]]);
    await live.refresh();
    expect(keysOf(await json('/api/similar', post(Uint8Array.of(0, 0, 1))))[0]).toBe('up.jpg');
  });

  it('say with the reason of the pipeline why bytes are no image', async () => {
    const { get } = await openApp(await storeOf(rows), compass);
    const answer = await get('/api/similar', post(Uint8Array.of(1)));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toEqual({
      reason: 'not_an_image',
      error: 'the bytes are not an image: expected 3 bytes, got 1',
    });
  });

  it('say what is missing where there is no model, and what is too much', async () => {
    const { get } = await openApp(await storeOf(rows));
    const without = await get('/api/similar', post(Uint8Array.of(1, 2, 3)));
    expect([without.status, await without.json()]).toEqual([
      409,
      { error: 'to search by an image, start serve with --model <dir>, the model of the results' },
    ]);
    const large = await get('/api/similar', post(new Uint8Array(maxSearchBytes + 1)));
    expect([large.status, await large.json()]).toEqual([413, expect.objectContaining({ reason: 'too_large' })]);
  });
});
