import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitReasons } from '../../lambdas/classify/telemetry/accelerator-clock.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { repository } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { eventually } from '../support/eventually.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const images = 20;
let aws: Fauxqs;
let printed: Record<string, unknown>[];

beforeAll(async () => {
  await writeTinyModel(folder);
  const { preprocess } = await loadModel(folder);
  aws = await startFauxqs();
  const url = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: await aws.makeQueue() });
  const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
  const valid = Array.from({ length: images }, (_, index) => ({ ...cropOf({ key: `emma-${index}` }), preprocess }));
  await crops.send([...valid, { ...cropOf({ key: 'misfit' }), preprocess: 'f00d' }]);
  const worker = spawn(process.execPath, [join(repository, 'lambdas/classify/process/main.ts')], {
    env: {
      ...process.env,
      MODEL: folder,
      CROPS_QUEUE_URL: url,
      RESULTS: `s3://${await aws.makeBucket()}`,
      AWS_ENDPOINT: aws.endpoint,
      AWS_REGION: 'us-east-1',
      ACCELERATOR: 'cpu',
      BATCH_SIZE: '8',
      PART_AGE_MS: '200',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stdout = text(worker.stdout);
  const empty = { visible: 0, inFlight: 0 };
  await eventually(async () => expect(await crops.depth()).toEqual(empty), { interval: 50 });
  const exited = once(worker, 'exit');
  worker.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  printed = (await stdout)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line));
});
afterAll(() => aws.stop());

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
