import { countOf } from '../../../cli/terminal/count-of.ts';
import { AcceleratorClock } from '../../../lambdas/classify/worker/accelerator-clock.ts';
import type { Session } from '../../../shared/inference/session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { temporaryFolder } from '../../fixtures.ts';
import { runOnPhotos } from '../../photo-pipeline.ts';
import type { Budget } from '../budget.ts';
import { type Finding, type MeasureRequest, outOfTime, type RateFinding } from './messages.ts';

/** The images of a measurement are as many as are expected in this many seconds. */
const seconds = 5;

/** Classifies photos from files to stored results, in the given batches. */
export async function measurePipeline(
  session: Session,
  model: Model,
  { photos, feedRate, threads }: MeasureRequest,
  { best, budget, send }: { readonly best: RateFinding; readonly budget: Budget; readonly send: (f: Finding) => void },
): Promise<void> {
  const expected = Math.min(feedRate, best.imagesPerSecond);
  const images = Math.max(1, Math.min(photos.names.length, Math.round(expected * seconds)));
  // The batches of the last images are not full, so that they may take as long as one image after another.
  const expectedMs = (1000 * images) / expected + best.p50Ms / best.batch;
  if (expectedMs > budget.leftMs) {
    const reason = `${countOf(images, 'photo')} may take ${Math.round(expectedMs / 1000)} s; give more --minutes`;
    send({ kind: 'skipped', what: 'full pipeline', fault: outOfTime, reason });
    return;
  }
  await using temporary = await temporaryFolder();
  // One lane: the share of the time with any batch in flight.
  const clock = new AcceleratorClock({ lanes: 1, writers: 2 });
  const start = Date.now();
  const started = performance.now();
  await runOnPhotos({
    folder: photos.folder,
    photos: photos.names.slice(0, images),
    store: temporary.path,
    model,
    session: { ...session, run: (batch) => clock.run(() => session.run(batch)) },
    threads,
    batchSize: best.batch,
  });
  const imagesPerSecond = (images * 1000) / (performance.now() - started);
  const inFlight = clock.lap().busy;
  send({ kind: 'pipeline', batch: best.batch, images, imagesPerSecond, inFlight, start, end: Date.now() });
}
