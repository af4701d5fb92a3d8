import { describe, expect, it } from 'vitest';
import { cropsLines, sentCrops } from '../../../jobs/cost/crops-lines.ts';
import { sumOf } from '../../../jobs/cost/line.ts';
import { workloadOf } from '../../../jobs/cost/workload.ts';
import { planSend } from '../../../shared/crops/plan-send.ts';
import { dollarsOf } from '../../../shared/crops/transport-cost.ts';
import { cropOf } from '../../support/crops.ts';

/** The choice of ingest for a batch of images with `count` crops each. */
function sentByIngest(length: number, count: number): 'inline' | 'packed' {
  const pixels = new Uint8Array(count * 224 * 224 * 3);
  const messages = Array.from({ length }, (_, index) => {
    const message = cropOf({ key: `${index}.jpg`, size: 224 });
    return { ...message, tensor: { ...message.tensor, count, pixels } };
  });
  return planSend(messages, 'auto').packs.length > 0 ? 'packed' : 'inline';
}

describe('the transport of an estimate', () => {
  it.each([
    [1, 1],
    [3, 1],
    [4, 1],
    [10, 1],
    [100, 1],
    [1, 10],
    [10, 10],
  ])('is the choice of ingest for batches of %i images with %i crops', (ingestBatch, crops) => {
    expect(sentCrops(workloadOf({ images: 1e6, ingestBatch, crops })).transport).toBe(sentByIngest(ingestBatch, crops));
  });

  it('is chosen for the actual number of images if they are fewer than a batch', () => {
    expect(sentCrops(workloadOf({ images: 2, ingestBatch: 100 }))).toMatchObject({ transport: 'inline', group: 2 });
  });

  it('is the given one', () => {
    expect(sentCrops(workloadOf({ images: 100, transport: 'inline' })).transport).toBe('inline');
    expect(sentCrops(workloadOf({ images: 1, transport: 'packed' })).transport).toBe('packed');
  });

  it('is rejected if no message can hold the crops', () => {
    expect(() => sentCrops(workloadOf({ images: 100, crops: 10, transport: 'inline' }))).toThrow(
      'use the transport packed or auto',
    );
  });
});

describe('the cost of sending crops', () => {
  it('is what ingest computes, for every batch of a job', () => {
    for (const ingestBatch of [1, 10, 100]) {
      const job = workloadOf({ images: 1000, ingestBatch });
      const sent = sentCrops(job);
      const { requests, kept } = dollarsOf(sent);
      expect(sumOf(cropsLines(job, sent))).toBeCloseTo((requests + kept) * (1000 / ingestBatch), 9);
    }
  });

  it('includes storage for as long as the queue keeps its messages', () => {
    const kept = (messageDays: number) => {
      const job = workloadOf({ images: 1e6, messageDays });
      return cropsLines(job, sentCrops(job)).find(({ what }) => what.includes('kept'))?.dollars;
    };
    expect(kept(4)).toBeCloseTo(0.591, 3);
    expect(kept(1)).toBeCloseTo((0.5911 * 2.5) / 5.5, 3);
  });
});

describe('the size of the crops', () => {
  const packed = { images: 100, transport: 'packed' } as const;
  const network = { height: 299, width: 299, embeddingSize: 2048 };

  it("is that of the network's input", () => {
    expect(sentCrops(workloadOf({ ...packed, network })).packedBytes).toBe(100 * 299 * 299 * 3);
    expect(sentCrops(workloadOf(packed)).packedBytes).toBe(100 * 224 * 224 * 3);
  });

  it('decides how they are sent', () => {
    const small = { height: 28, width: 28, embeddingSize: 84 };
    expect(sentCrops(workloadOf({ images: 100, network: small })).transport).toBe('inline');
  });
});
