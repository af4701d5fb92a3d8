import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { makeImages } from './cast/pictures.ts';
import { startChaosProxy } from './proxy/start-chaos-proxy.ts';
import { seed } from './settings.ts';

const keysPerPage = 10;
const rates = { 'repeated page': 0.25, 'skipped page': 0.15 };
const repeating = { 'repeated page': 0.5 };

const images = await makeImages(200);
const model = await makeTinyModel();
const aws = await startAws();
const bucket = await aws.makeBucket();
for (const { key, bytes } of images) await aws.put(bucket, key, bytes);

const summarySchema = z.object({ total: z.number(), done: z.number(), pending: z.number() });
const submissionSchema = z.object({ listed: z.number(), submitted: z.number(), done: z.number() });
const statusSchema = z.object({ total: z.number(), pending: z.number(), images: z.number() });

async function json(args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runCommand([...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe(`listings that repeat and skip pages, with seed ${seed}`, () => {
  it('run: no image has two rows, status counts the skipped ones as pending, and another run adds them', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const proxy = await startChaosProxy({ target: aws.endpoint, seed: `${seed}`, rates, keysPerPage });
    const run = ['run', `s3://${bucket}`, '--model', model, '--store', store, '--endpoint', proxy.endpoint];
    const status = ['status', '--store', store, '--images', `s3://${bucket}`, '--endpoint', aws.endpoint];
    for (let number = 0; number < 3; number += 1) {
      const { total, pending } = summarySchema.parse(await json(run));
      expect(total).toBeLessThanOrEqual(images.length);
      expect(pending).toBe(0);
      const rows = await keysIn(store);
      expect(new Set(rows).size).toBe(rows.length);
      expect(statusSchema.parse(await json(status))).toMatchObject({
        total: images.length,
        pending: images.length - rows.length,
      });
    }
    expect({ unused: proxy.plan.unused(), errors: proxy.errors() }).toEqual({ unused: [], errors: [] });
    proxy.plan.isActive = false;
    expect(summarySchema.parse(await json(run))).toMatchObject({ total: images.length, pending: 0 });
    expect(await keysIn(store)).toEqual(images.map(({ key }) => key).toSorted());
    console.info(`run: ${counts(proxy.plan.counts)}; ${images.length} images, as many rows`);
  });

  it('run: images of repeated pages are counted and classified once', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const target = { target: aws.endpoint, seed: `${seed}`, rates: repeating, keysPerPage };
    const { endpoint, plan, errors } = await startChaosProxy(target);
    const run = ['run', `s3://${bucket}`, '--model', model, '--store', store, '--endpoint', endpoint];
    expect(summarySchema.parse(await json(run))).toMatchObject({ total: images.length, done: 0, pending: 0 });
    expect(await keysIn(store)).toEqual(images.map(({ key }) => key).toSorted());
    expect(summarySchema.parse(await json(run))).toMatchObject({ total: images.length, done: images.length });
    expect({ unused: plan.unused(), errors: errors() }).toEqual({ unused: [], errors: [] });
  });

  it('submit: no image is submitted twice, and another submission adds the skipped ones to the job', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const queue = await aws.makeQueue();
    const proxy = await startChaosProxy({ target: aws.endpoint, seed: `${seed} submit`, rates, keysPerPage });
    const submit = [
      ...['submit', `s3://${bucket}/`, '--model', model, '--store', store, '--queue', queue, '--job', 'chaos'],
      ...['--endpoint', proxy.endpoint],
    ];
    const first = submissionSchema.parse(await json(submit));
    expect(first.submitted).toBeLessThanOrEqual(images.length);
    expect(await aws.depth(queue)).toEqual({ visible: first.submitted, inFlight: 0 });
    expect({ unused: proxy.plan.unused(), errors: proxy.errors() }).toEqual({ unused: [], errors: [] });
    proxy.plan.isActive = false;
    expect(submissionSchema.parse(await json(submit))).toMatchObject({ listed: images.length });
    const status = await json(['status', '--store', store, '--job', 'chaos', '--endpoint', aws.endpoint]);
    expect(statusSchema.parse(status)).toEqual({ total: images.length, pending: images.length, images: 0 });
    console.info(`submit: ${counts(proxy.plan.counts)}; ${first.submitted} of ${images.length} submitted at first`);
  });
});

async function keysIn(store: string): Promise<string[]> {
  const rows = await queryResults(store, 'select key from results order by key', aws.endpoint);
  return rows.map(({ key }) => z.string().parse(key)).toSorted();
}

function counts(faults: ReadonlyMap<string, number>): string {
  return Array.from(faults, ([kind, count]) => `${kind} ${count}`).join(', ');
}
