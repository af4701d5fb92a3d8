import { describe, expect, it } from 'vitest';
import { waitReasons } from '../../lambdas/classify/worker/accelerator-clock.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { cropOf } from '../support/crops.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';

const folder = await makeTinyModel();
const images = 20;
const { preprocess } = await loadModel(folder);
const aws = await startAws();
const url = await aws.makeCropsQueue();
const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
const valid = Array.from({ length: images }, (_, index) => ({ ...cropOf({ key: `emma-${index}` }), preprocess }));
await crops.send([...valid, { ...cropOf({ key: 'misfit' }), preprocess: 'f00d' }]);
const worker = startWorker({
  ...{ MODEL: folder, CROPS_QUEUE_URL: url, RESULTS: `s3://${await aws.makeBucket()}`, AWS_ENDPOINT: aws.endpoint },
  ...{ ACCELERATOR: 'cpu', BATCH_SIZE: '8', PART_AGE_MS: '200' },
});
await aws.waitUntilEmpty(url);
await worker.stop();
const printed = (await worker.stdout)
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line): Record<string, unknown> => JSON.parse(line));

/** Values of a metric from lines in CloudWatch's embedded metric format, which must declare it. */
function metric(name: string): number[] {
  return printed.flatMap((line) => {
    if (!JSON.stringify(line['_aws'] ?? '').includes(`"${name}"`)) return [];
    return [Number(line[name])];
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const parts = () => metric('ImagesStored').length;

describe('the metrics of a worker', () => {
  it('count stored images, and failed images by reason', () => {
    expect(sum(metric('ImagesStored'))).toBe(images + 1);
    expect(sum(metric('MessagesReturned'))).toBe(0);
    expect(sum(metric('MessagesUndeleted'))).toBe(0);
    expect(sum(metric('ImagesFailed'))).toBe(1);
    expect(printed).toContainEqual(
      expect.objectContaining({ service: 'classify', ImagesFailed: 1, reason: 'invalid_crop' }),
    );
  });

  it('report number, size and duration of batches, and why each was closed', () => {
    const batches = sum(metric('Batches'));
    expect(batches).toBeGreaterThanOrEqual(Math.ceil((images + 1) / 8));
    expect(sum(['ClosedBySize', 'ClosedByAge', 'ClosedByDrain'].map((name) => sum(metric(name))))).toBe(batches);
    for (const fill of metric('BatchFill')) {
      expect(fill).toBeGreaterThan(0);
      expect(fill).toBeLessThanOrEqual(100);
    }
    expect(metric('BatchFill').length).toBeGreaterThan(0);
    expect(Math.min(...metric('BatchTime'))).toBeGreaterThan(0);
  });

  it('divide the time of the accelerator into computing and each kind of waiting', () => {
    const names = waitReasons.map((wait) => `WaitedFor${wait.charAt(0).toUpperCase()}${wait.slice(1)}`);
    const shares = ['Busy', ...names].map(metric);
    for (const values of shares) expect(values).toHaveLength(parts());
    for (let part = 0; part < parts(); part += 1) {
      expect(sum(shares.map((values) => values[part] ?? 0))).toBeCloseTo(100, 6);
    }
    expect(sum(metric('WaitedForMessages'))).toBeGreaterThan(0);
  });

  it('report the median and the longest time from upload to row', () => {
    const [medians, longest] = [metric('UploadToRowMedian'), metric('UploadToRowMax')];
    expect(medians).toHaveLength(parts());
    const since = Date.now() - cropOf().eventTime.getTime();
    for (const [part, median] of medians.entries()) {
      expect(median).toBeGreaterThan(since - 120_000);
      expect(longest[part]).toBeGreaterThanOrEqual(median);
    }
  });

  it('contain no key of an object', () => {
    expect(JSON.stringify(printed)).not.toContain('emma');
  });
});
