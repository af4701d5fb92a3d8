import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { S3Store } from '../../shared/aws/s3-store.ts';
import { ResultsStore } from '../../shared/results/results-store.ts';
import { inceptionBatch } from '../support/cli.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { writePhotos } from '../support/photos.ts';
import { classifiedRow, rejectedRow } from '../support/result-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const store = join(folder, 'store');

const told = z.object({
  job: z.string().optional(),
  images: z.number(),
  total: z.number().nullable(),
  classified: z.number(),
  rejected: z.number(),
  deleted: z.number(),
  pending: z.number().nullable(),
  reasons: z.array(z.unknown()),
  jobs: z.array(z.looseObject({ job: z.string() })),
  queues: z.array(z.unknown()),
  first: z.string(),
  last: z.string(),
  seconds: z.number(),
  imagesPerSecond: z.number().nullable(),
  bytes: z.number(),
  providers: z.array(z.object({ provider: z.string(), images: z.number() })),
  usage: z.object({
    unbilled: z.number(),
    estimates: z.array(
      z.object({
        job: z.object({ images: z.number(), bytes: z.number(), worker: z.object({ kind: z.string() }) }),
        dollars: z.number(),
        assumptions: z.array(z.object({ from: z.string() })),
      }),
    ),
  }),
});

async function status(...args: string[]): Promise<z.output<typeof told>> {
  const { code, stdout, stderr } = await inceptionBatch(['status', ...args, '--json'], {
    XDG_CACHE_HOME: join(folder, 'cache'),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return told.parse(JSON.parse(stdout));
}

describe('status after a run over a folder', () => {
  const drop = join(folder, 'drop');
  beforeAll(async () => {
    const model = join(folder, 'model');
    await writeTinyModel(model);
    await writePhotos(drop, 5);
    await writeFile(join(drop, 'note.jpg'), 'no picture');
    expect((await inceptionBatch(['run', drop, '--model', model, '--store', store])).code).toBe(0);
  });

  it('counts what became of the images, and says that AWS billed nothing for them', async () => {
    const told = await status('--store', store);
    const { providers, usage, seconds, imagesPerSecond, first, last } = told;
    expect(told).toMatchObject({
      ...{ images: 6, classified: 5, rejected: 1, deleted: 0, reasons: [{ reason: 'not_an_image', count: 1 }] },
      ...{ total: null, pending: null, jobs: [{ job: 'drop', images: 6, total: null }] },
    });
    expect(providers).toEqual([{ provider: 'cpu', images: 5 }]);
    expect(usage).toEqual({ unbilled: 6, estimates: [] });
    expect(seconds).toBe((Date.parse(last) - Date.parse(first)) / 1000);
    if (seconds > 0) expect(imagesPerSecond).toBeCloseTo(6 / seconds, 1);
    else expect(imagesPerSecond).toBeNull();

    const { stdout } = await inceptionBatch(['status', '--store', store]);
    expect(stdout).toMatch(/│ classified │ +│ +5 │\n│ rejected +│ not_an_image │ +1 │/);
    expect(stdout).toContain('which AWS does not bill');
    expect(stdout).not.toContain('pending');
  });

  it('knows the jobs there are when another is asked for', async () => {
    expect((await status('--store', store, '--job', 'drop')).images).toBe(6);
    const { code, stdout, stderr } = await inceptionBatch(['status', '--store', store, '--job', 'photos']);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `inception-batch: no image of job photos in ${store}, which has images of drop\n`,
    });
  });

  it('says in one line that there are no results', async () => {
    const none = join(folder, 'none');
    const { code, stderr } = await inceptionBatch(['status', '--store', none]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `inception-batch: no results in ${none}: "inception-batch run" makes them\n`,
    });
  });
});

describe('status of results in a bucket', () => {
  let aws: Fauxqs;
  beforeAll(async () => {
    aws = await startFauxqs();
  });
  afterAll(() => aws.stop());

  it('estimates what the images used, by what their rows say', async () => {
    const bucket = await aws.makeBucket();
    const rows = Array.from({ length: 41 }, (_, index) =>
      classifiedRow(`${index}.jpg`, { provider: 'cuda', classified_at: new Date('2026-03-01T10:00:21.250Z') }),
    );
    const rejected = rejectedRow('x.jpg', { bytes: 20_000 });
    await new ResultsStore(new S3Store(aws.s3), { bucket, prefix: 'out' }).append([...rows, rejected]);
    const args = ['--store', `s3://${bucket}/out`, '--endpoint', aws.endpoint];
    const { images, seconds, imagesPerSecond, bytes, usage } = await status(...args);
    expect({ images, seconds, imagesPerSecond, bytes }).toEqual({
      images: 42,
      seconds: 20,
      imagesPerSecond: 2.1,
      bytes: 41 * 109_527 + 20_000,
    });
    expect(usage.unbilled).toBe(0);
    expect(usage.estimates).toMatchObject([{ job: { images: 42, bytes: bytes / 42, worker: { kind: 'gpu' } } }]);
    expect(usage.estimates[0]?.dollars).toBeGreaterThan(0);

    const { stdout } = await inceptionBatch(['status', ...args], { XDG_CACHE_HOME: join(folder, 'cache') });
    expect(stdout).toContain('Used, estimated by list prices: 42 images of ');
    expect(stdout).toContain('assumed, not measured');
  });
});
