import { describe, expect, it } from 'vitest';
import { classify } from '../../../lambdas/classify/classify.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import type { Delivery } from '../../../shared/stores/ports.ts';
import { cropOf } from '../../support/crops.ts';
import { failingSession } from '../../support/failing-session.ts';
import { openTinyClassifier } from '../../support/tiny-classifier.ts';
import { tinyEmbeddingSize } from '../../support/tiny-model.ts';

const classifiedAt = new Date('2026-01-02T03:04:07Z');
const ports = { ...(await openTinyClassifier()), batchSize: 64, now: () => classifiedAt };

function delivery(body: CropMessage | Failure, attempt = 1): Delivery<CropMessage> {
  const receipt = body instanceof Failure ? body.message : body.image.key;
  return { receipt, attempt, body };
}

describe('classify', () => {
  it('returns a row with labels, embedding and provenance for every crop', async () => {
    const [outcome] = await classify([delivery(cropOf({ key: 'a.jpg', fill: 40 }))], ports);
    expect(outcome).toMatchObject({
      receipt: 'a.jpg',
      row: {
        image_id: 'drop/a.jpg@etag-of-a.jpg',
        status: 'classified',
        reason: null,
        job: 'test',
        model: ports.model.id,
        preprocess: ports.model.preprocess,
        provider: 'cpu',
        width: 64,
        height: 48,
        format: 'jpeg',
        bytes: 1000,
        classified_at: classifiedAt,
      },
    });
    const row = outcome?.row;
    if (row?.status !== 'classified') throw new Error('expected a classified row');
    expect(row.top).toHaveLength(4);
    expect(row.top[0]).toEqual({ label_id: row.label_id, label: row.label, probability: row.probability });
    expect(row.embedding).toHaveLength(tinyEmbeddingSize);
  });

  it('returns no outcomes for no deliveries', async () => {
    expect(await classify([], ports)).toEqual([]);
  });

  const crop = cropOf();
  const { tensor } = crop;
  const mismatches: [string, CropMessage, RegExp][] = [
    ['another preprocess', { ...crop, preprocess: 'f00d' }, /made by preprocess f00d, the model needs [0-9a-f]{16}:/],
    [
      'another size',
      { ...crop, tensor: { ...tensor, height: 16 } },
      /the crop has 16×32 pixels, the model needs 32×32/,
    ],
    [
      'another zero-point',
      { ...crop, tensor: { ...tensor, zeroPoint: [0, 0, 0] } },
      /zero-point 0 0 0, the model needs 1 1 1 and 123 117 104/,
    ],
    [
      'another scale',
      { ...crop, tensor: { ...tensor, scale: [2, 1, 1] } },
      /the crop has scale 2 1 1 .* the model needs 1 1 1/,
    ],
    [
      'too few pixels',
      { ...crop, tensor: { ...tensor, pixels: new Uint8Array(5) } },
      /expected 3072 bytes of pixels, received 5/,
    ],
  ];
  it.each(mismatches)('rejects a crop with %s, without affecting other crops', async (_, mismatch, detail) => {
    const outcomes = await classify(
      [delivery(cropOf({ key: 'b' })), delivery(mismatch), delivery(cropOf({ key: 'c' }))],
      ports,
    );
    expect(outcomes.map(({ row }) => row?.status)).toEqual(['classified', 'rejected', 'classified']);
    expect(outcomes[1]?.row).toMatchObject({
      key: 'a.jpg',
      reason: 'invalid_crop',
      detail: expect.stringMatching(detail),
    });
    expect(outcomes.every(({ failure }) => failure === undefined)).toBe(true);
  });

  it('returns a message that could not be decoded, since its image is unknown', async () => {
    const failure = new Failure('invalid_crop', 'no JSON');
    const outcomes = await classify([delivery(failure), delivery(cropOf())], ports);
    expect(outcomes).toMatchObject([{ receipt: 'no JSON', failure }, { row: { status: 'classified' } }]);
    expect(outcomes[0]).not.toHaveProperty('row');
  });

  it('rejects an image whose packed crops are gone, without affecting other images', async () => {
    const fault = new Failure('crops_gone', 'expected the packed crops b/k');
    const gone = { ...crop, fault, tensor: { ...tensor, pixels: new Uint8Array() } };
    const outcomes = await classify([delivery(gone), delivery(cropOf({ key: 'b' }))], ports);
    expect(outcomes).toMatchObject([
      { row: { key: 'a.jpg', status: 'rejected', reason: 'crops_gone', detail: 'expected the packed crops b/k' } },
      { row: { key: 'b', status: 'classified' } },
    ]);
    expect(outcomes.every(({ failure }) => failure === undefined)).toBe(true);
  });

  it('returns an image whose packed crops could not be read, with a row after the last attempt', async () => {
    const fault = new Failure('throttled', 'SlowDown');
    const slow = { ...crop, fault, tensor: { ...tensor, pixels: new Uint8Array() } };
    const [first] = await classify([delivery(slow, 2)], ports);
    expect(first).toEqual({ receipt: 'a.jpg', image: slow.image, failure: fault });
    const [last] = await classify([delivery(slow, 3)], ports);
    expect(last).toMatchObject({
      failure: fault,
      row: { status: 'rejected', reason: 'throttled', detail: 'SlowDown' },
    });
  });

  it('finds the one crop of 64 on which the network fails, and returns only that one', async () => {
    const crops = Array.from({ length: 64 }, (_, index) => cropOf({ key: String(index), fill: index === 37 ? 66 : 5 }));
    const outcomes = await classify(
      crops.map((body) => delivery(body)),
      { ...ports, session: failingSession(ports.session) },
    );
    expect(outcomes.filter(({ row }) => row?.status === 'classified')).toHaveLength(63);
    expect(outcomes[37]).toMatchObject({
      receipt: '37',
      failure: { reason: 'internal', message: 'the kernel failed' },
    });
    expect(outcomes[37]).not.toHaveProperty('row');
  });

  it('returns no outcomes when the session is lost', async () => {
    const run = () => Promise.reject(new SessionLost('an inference thread failed'));
    const deliveries = [delivery(cropOf({ key: 'b' }), 3), delivery(cropOf({ key: 'c' }), 3)];
    await expect(classify(deliveries, { ...ports, session: { ...ports.session, run } })).rejects.toThrow(SessionLost);
  });

  it('rejects a crop with the last reason after its last attempt, and returns its message', async () => {
    const last = delivery(cropOf({ fill: 66 }), 3);
    const outcomes = await classify([last], { ...ports, session: failingSession(ports.session) });
    expect(outcomes).toMatchObject([
      { failure: { reason: 'internal' }, row: { status: 'rejected', reason: 'internal', detail: 'the kernel failed' } },
    ]);
  });
});
