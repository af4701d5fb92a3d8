import { describe, expect, it } from 'vitest';
import { classify } from '../../../../lambdas/classify/classify.ts';
import { runWorker } from '../../../../lambdas/classify/worker/worker.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import type { Batch, Scores } from '../../../../shared/inference/batch.ts';
import type { Session } from '../../../../shared/inference/session.ts';
import { SessionLost } from '../../../../shared/inference/session-lost.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';
import { failingSession } from '../../../support/failing-session.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const ports = await openTinyClassifier();

const cuda = () => Promise.reject(new Error('CUDA failure 700: an illegal memory access was encountered'));

/** The real session for some runs, then `broken`. */
function breaksAfter(runs: number, broken: (batch: Batch) => Promise<Scores>): Session {
  let ran = 0;
  return {
    ...ports.session,
    run: (batch) => {
      ran += 1;
      return ran > runs ? broken(batch) : ports.session.run(batch);
    },
  };
}

const allNaN = async (batch: Batch): Promise<Scores> => {
  const { probabilities, embeddings } = await ports.session.run(batch);
  return { probabilities: probabilities.fill(Number.NaN), embeddings };
};

/** Fails on crops, and returns NaN for the reference image. */
const failsAndThenErrs = (batch: Batch): Promise<Scores> => (batch.pixels[0] === 5 ? cuda() : allNaN(batch));

function deliveries(count: number, fill = 5) {
  return Array.from({ length: count }, (_, index) => {
    const key = `${index}`;
    return { receipt: key, attempt: 3, body: cropOf({ key, fill }) };
  });
}

describe('a session that fails on every input', () => {
  it.each([
    ['with an error', cuda, /cpu now fails on the reference image: CUDA failure 700/],
    ['with NaN', allNaN, /cpu now returns wrong results: .*\(NaN\)$/],
    ['with an error, and NaN for the reference image', failsAndThenErrs, /cpu now returns wrong results/],
  ])('%s is reported as lost, and no crop is blamed, not even on its last attempt', async (_, broken, reason) => {
    const classifying = classify(deliveries(8), { ...ports, session: breaksAfter(0, broken) });
    await expect(classifying).rejects.toThrow(SessionLost);
    await expect(classifying).rejects.toThrow(reason);
  });

  it('costs only the runs that isolate one crop, and one for the reference image', async () => {
    let runs = 0;
    const session = breaksAfter(0, () => {
      runs += 1;
      return cuda();
    });
    await expect(classify(deliveries(8), { ...ports, session })).rejects.toThrow(SessionLost);
    expect(runs).toBe(5); // of 8, 4, 2, 1, and the reference image
  });

  it('ends the worker, which returns all messages without a stored row', async () => {
    const crops = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, maxAttempts: 3 });
    const results = new RecordingResults();
    await crops.send(deliveries(100).map(({ body }) => body));
    const never = new AbortController().signal;
    const options = { pollers: 2, batchAgeMs: 20, partRows: 8, partAgeMs: 100, stop: never, inputEnded: never };
    const working = runWorker({ ...ports, crops, results, session: breaksAfter(3, cuda) }, options);
    await expect(working).rejects.toThrow(SessionLost);
    expect(results.rows.every(({ status }) => status === 'classified')).toBe(true);
    expect(await crops.depth()).toEqual({ visible: 100 - results.rows.length, inFlight: 0 });
    expect(crops.deadLetters()).toEqual([]);
  });
});

describe('a session that fails on one crop', () => {
  it('and passes the reference image is not broken: the crop is blamed', async () => {
    const outcomes = await classify(deliveries(1, 66), { ...ports, session: failingSession(ports.session) });
    expect(outcomes).toMatchObject([{ failure: { reason: 'internal', message: 'the kernel failed' } }]);
  });

  it('only has to return an output if the manifest has no reference output', async () => {
    const { manifest, ...rest } = ports.model;
    const model = { ...rest, manifest: { ...manifest, knownAnswer: undefined } };
    const nothing = deliveries(1);
    const outcomes = await classify(nothing, { ...ports, model, session: breaksAfter(0, allNaN) });
    expect(outcomes).toMatchObject([{ failure: { reason: 'internal' } }]);
    await expect(classify(nothing, { ...ports, model, session: breaksAfter(0, cuda) })).rejects.toThrow(SessionLost);
  });
});
