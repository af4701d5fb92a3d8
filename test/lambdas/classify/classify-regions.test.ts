import { describe, expect, it } from 'vitest';
import { classify } from '../../../lambdas/classify/classify.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import type { Batch, Scores } from '../../../shared/inference/batch.ts';
import type { Session } from '../../../shared/inference/session.ts';
import type { ClassifiedRow } from '../../../shared/rows/row.ts';
import { cropOf } from '../../support/crops.ts';
import { failingSession } from '../../support/failing-session.ts';
import { boxesInRow, messageWithRegions, withRegions } from '../../support/region-crops.ts';
import { openTinyClassifier } from '../../support/tiny-classifier.ts';
import { tinyEmbeddingSize } from '../../support/tiny-model.ts';

const tiny = await openTinyClassifier();
const background = { id: 'background', name: 'background' };
/** Knows background, which black images are, so that the probability alone decides which regions are kept. */
const knowing = {
  ...tiny.model,
  manifest: {
    ...tiny.model.manifest,
    labels: tiny.model.manifest.labels.map((label) => (label.id === 't1' ? background : label)),
    backgroundLabel: 'background',
  },
};
const plain = { ...tiny, model: knowing, batchSize: 8, now: () => new Date(0) };
const model = withRegions(plain.model, 50);
const ports = { ...plain, model };

const message = (key: string, fills: readonly number[]) => messageWithRegions({ key, fills, maximum: 50 });

/** A session that records the size of each batch. */
function recording(session: Session) {
  const sizes: number[] = [];
  const run = (batch: Batch): Promise<Scores> => {
    sizes.push(batch.size);
    return session.run(batch);
  };
  return { session: { ...session, run }, sizes };
}

async function rowsOf(messages: readonly CropMessage[], session = ports.session): Promise<ClassifiedRow[]> {
  const deliveries = messages.map((body) => ({ receipt: body.image.key, attempt: 1, body }));
  const outcomes = await classify(deliveries, { ...ports, session });
  return outcomes.map(({ row, failure }) => {
    if (row?.status !== 'classified') throw failure ?? new Error('expected a classified row');
    return row;
  });
}

describe('an image with regions', () => {
  it('has them in its row, with the scores that each has as an image of its own', async () => {
    const [row] = await rowsOf([message('a', [255, 128, 255])]);
    const [alone] = await classify([{ receipt: 'b', attempt: 1, body: cropOf({ fill: 255 }) }], plain);
    if (alone?.row?.status !== 'classified') throw new Error('expected a row');
    const { label, label_id, probability, embedding } = alone.row;
    // A shade of 128 has no label that is probable enough.
    expect(row?.regions).toEqual([0, 2].map((x) => ({ ...boxesInRow(3)[x], label, label_id, probability, embedding })));
  });

  it('does not keep the outputs for other regions in memory', async () => {
    const [row] = await rowsOf([message('a', [255, 128, 255])]);
    const embeddings = [row, ...(row?.regions ?? [])].map((each) => each?.embedding.buffer.byteLength);
    expect(embeddings).toEqual(Array(3).fill(tinyEmbeddingSize * 4));
  });

  it('counts those that were not kept in its row too', async () => {
    expect(await rowsOf([message('a', [255, 128, 255])])).toMatchObject([{ proposals: 3 }]);
  });

  it('has the row that it has without regions, otherwise', async () => {
    const [row] = await rowsOf([message('a', [255, 0])]);
    const [outcome] = await classify([{ receipt: 'a', attempt: 1, body: cropOf({ key: 'a' }) }], plain);
    const { regions: _, proposals: __, ...whole } = row ?? {};
    expect(whole).toEqual({ ...outcome?.row, preprocess: model.preprocess });
    expect(outcome?.row).not.toHaveProperty('regions');
    expect(outcome?.row).not.toHaveProperty('proposals');
  });

  it('has an empty list if it has none', async () => {
    expect(await rowsOf([message('a', [])])).toMatchObject([{ regions: [], proposals: 0 }]);
  });

  it('shares its batches with other images', async () => {
    const { session, sizes } = recording(ports.session);
    await rowsOf([message('a', [1, 2, 3, 4, 5]), message('b', [6, 7, 8]), message('c', [])], session);
    // Three whole images and eight regions.
    expect(sizes).toEqual([8, 3]);
  });

  it('runs many regions in batches of the usual size', async () => {
    const { session, sizes } = recording(ports.session);
    await rowsOf(
      [
        message(
          'a',
          Array.from({ length: 50 }, (_, index) => index),
        ),
      ],
      session,
    );
    expect(sizes).toEqual([8, 8, 8, 8, 8, 8, 3]);
  });

  it('loses a region on which the network fails, and no other region or image', async () => {
    // The session fails on batches with a crop of the shade 66.
    const [a, b] = await rowsOf([message('a', [255, 66, 255]), message('b', [255])], failingSession(ports.session));
    expect(a?.regions?.map(({ x }) => x)).toEqual([0, 2]);
    expect(b?.regions).toHaveLength(1);
  });

  it('loses a region without finite probabilities', async () => {
    const run = async (batch: Batch) => {
      const stride = batch.pixels.length / batch.shape[0];
      const bad = Array.from({ length: batch.size }, (_, row) => row).filter(
        (row) => batch.pixels[row * stride] === 254,
      );
      const scores = await ports.session.run(batch);
      for (const row of bad) scores.probabilities[row * 4 + 2] = Number.NaN;
      return scores;
    };
    const shades = [255, 254, 255];
    expect((await rowsOf([message('a', shades)]))[0]?.regions).toHaveLength(3);
    const [row] = await rowsOf([message('a', shades)], { ...ports.session, run });
    expect(row?.regions?.map(({ x }) => x)).toEqual([0, 2]);
  });

  it('fails if the network fails on the whole image', async () => {
    const broken = { ...message('a', [255]), tensor: cropOf({ fill: 66 }).tensor };
    const deliveries = [broken, message('b', [255])].map((body) => ({ receipt: body.image.key, attempt: 1, body }));
    const outcomes = await classify(deliveries, { ...ports, session: failingSession(ports.session) });
    expect(outcomes).toMatchObject([{ failure: { reason: 'internal' } }, { row: { status: 'classified' } }]);
  });
});

describe('a detector', () => {
  it('keeps the whole image as a region if it shows an object', async () => {
    const white = { ...message('a', [0, 0]), tensor: cropOf({ fill: 255 }).tensor };
    const [row] = await rowsOf([white]);
    const { label, label_id, probability, embedding } = row ?? {};
    const whole = { x: 0, y: 0, width: 64, height: 48, objectness: 0 };
    expect(label_id).toBe('t3');
    expect(row?.regions).toEqual([{ ...whole, label, label_id, probability, embedding }]);
    expect(row?.proposals).toBe(2);
  });

  it('moves the box of the whole image too', async () => {
    const white = { ...message('a', []), tensor: cropOf({ fill: 255 }).tensor };
    const run = async (batch: Batch) => ({
      ...(await ports.session.run(batch)),
      boxes: Float32Array.of(0.25, 0, Math.log(0.5), 0),
    });
    const { outputs } = model.manifest;
    const detector = { ...model, manifest: { ...model.manifest, outputs: { ...outputs, boxes: 'boxes' } } };
    const deliveries = [{ receipt: 'a', attempt: 1, body: white }];
    const [outcome] = await classify(deliveries, { ...ports, model: detector, session: { ...ports.session, run } });
    expect(outcome?.row).toMatchObject({ regions: [{ x: 32, y: 0, width: 32, height: 48, objectness: 0 }] });
  });

  it('is needed to keep the whole image as a region: a network of whole images has proposals only', async () => {
    const white = { ...message('a', []), tensor: cropOf({ fill: 255 }).tensor };
    const deliveries = [{ receipt: 'a', attempt: 1, body: white }];
    const [outcome] = await classify(deliveries, { ...ports, model: withRegions(tiny.model, 50) });
    expect(outcome?.row).toMatchObject({ regions: [] });
  });

  it('moves the box of each region by the offsets that it predicts for it', async () => {
    // The whole image is the first of the batch, then come the regions: they move by one, two, … widths.
    const run = async (batch: Batch) => ({
      ...(await ports.session.run(batch)),
      boxes: Float32Array.from({ length: batch.size * 4 }, (_, index) => (index % 4 === 0 ? index / 4 : 0)),
    });
    const { outputs } = model.manifest;
    const detector = { ...model, manifest: { ...model.manifest, outputs: { ...outputs, boxes: 'boxes' } } };
    const body = messageWithRegions({
      fills: [255, 255],
      maximum: 50,
      boxes: [
        { x: 10, y: 10, width: 10, height: 20, objectness: 0.5 },
        { x: 10, y: 10, width: 12, height: 20, objectness: 0.4 },
      ],
    });
    const [outcome] = await classify([{ receipt: 'a', attempt: 1, body }], {
      ...ports,
      model: detector,
      session: { ...ports.session, run },
    });
    expect(outcome?.row).toMatchObject({
      regions: [
        { x: 20, y: 10, width: 10, height: 20, objectness: 0.5 },
        { x: 34, y: 10, width: 12, height: 20, objectness: 0.4 },
      ],
    });
  });
});
