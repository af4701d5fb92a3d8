import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withoutModels as environment, planWithoutModels as plan } from '../support/plan-without-models.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const aws = await startAws();

describe('plan --count', () => {
  it('prints a table whose lines add up, under five dollars for a million images', async () => {
    const { code, stdout, stderr } = await runCommand(['plan', '--count', '1000000'], environment);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const bill = stdout.slice(stdout.indexOf('ingest\n'), stdout.indexOf('\nDuration from the first image'));
    const [total = Number.NaN, ...items] = [...bill.matchAll(/ (\d+\.\d{3})$/gm)]
      .map(([, dollars]) => Number(dollars))
      .toReversed();
    expect(items.length).toBeGreaterThan(10);
    // Each item is rounded to a tenth of a cent.
    expect(Math.abs(items.reduce((sum, dollars) => sum + dollars, 0) - total)).toBeLessThan(items.length * 0.0005);
    expect(total).toBeLessThan(5);
    expect(bill).toContain(`$${total.toFixed(2)} in total`);
    for (const name of ['g4dn.xlarge', 'c7a.4xlarge', 'Amazon Rekognition', 'assumed, not measured']) {
      expect(stdout).toContain(name);
    }
  });

  it('uses the given images, workers and speed', async () => {
    const { job, transport, byWorkers, assumptions } = await plan(
      ...['--count', '5000', '--size', '2.5MB', '--megapixels', '12', '--crops', '10', '--workers', '3'],
      ...['--instance', 'g5.xlarge', '--spot', '25', '--gpu-rate', '1500', '--transport', 'packed'],
    );
    expect(job).toMatchObject({ images: 5000, bytes: 2.5e6, megapixels: 12, crops: 10, workers: 3, listed: false });
    const rateFrom = 'given by --gpu-rate';
    expect(job.worker).toEqual({ kind: 'gpu', instance: 'g5.xlarge', spotShare: 0.25, rate: 1500, rateFrom });
    expect(transport).toBe('packed');
    expect(byWorkers.map(({ workers }) => workers)).toEqual([1, 2, 3, 4, 8]);
    expect(assumptions[0]).toMatchObject({ value: 1500, from: rateFrom });
  });

  it('warns of a job that takes longer than the queue keeps its crops', async () => {
    const days = [
      'plan',
      '--count',
      '1000000',
      '--regions',
      '100',
      '--workers',
      '1',
      '--instance',
      'g6.xlarge',
      '--message-days',
    ];
    const { stdout: short } = await runCommand([...days, '1'], environment);
    expect(short).toMatch(
      /The queue keeps crops for 1 day, and this job takes 1d \d+h: the last images would be dropped/,
    );
    const { stdout: long } = await runCommand([...days, '2'], environment);
    expect(long).not.toContain('would be dropped');
  });

  it('counts the regions of each image', async () => {
    const regions = ['--count', '5000', '--regions', '100'];
    const { job, transport } = await plan(...regions);
    expect({ job, transport }).toMatchObject({ job: { regions: 100, ingestBatch: 10 }, transport: 'packed' });
    const { stdout } = await runCommand(['plan', ...regions], environment);
    expect(stdout).toMatch(
      /^5,000 images of 110 KB \(0.41 megapixels\), one crop each and 100 regions, sent packed, /m,
    );
    expect(stdout).toMatch(/"regions":100.* > infra\/stages\/batch.json\n.*\n.* submit .* --regions 100$/m);
    expect(stdout).toContain('5,000 images ÷ 10 per batch');
    expect(stdout).toMatch(/^ {2}regions that are kept: .+ per image \(.+\)$/m);
    expect(await failureOf(['plan', '--count', '1', '--regions', '0'], 2)).toContain(
      'Give a whole number from 1 to 1000.',
    );
  });

  it('stores packs as long as a deployment with these messageDays does', async () => {
    const { stdout } = await runCommand(['plan', '--count', '5000', '--message-days', '1'], environment);
    expect(stdout).toContain('× 2.5 days of 30');
    const help = (await runCommand(['plan', '--help'])).stdout.replaceAll(/\s+/g, ' ');
    expect(help).toContain(
      'days that messages with crops are kept in the queue, 1 to 14; packed crops are stored longer',
    );
    expect(await failureOf(['plan', '--count', '1', '--message-days', '15'], 2)).toContain('whole number from 1 to 14');
  });

  it('gives the prices with sources and dates', async () => {
    const { prices } = await plan('--count', '1');
    const { instancePrices, ...others } = prices;
    const instances = z.record(z.string(), z.unknown()).parse(instancePrices);
    expect(instances).toMatchObject({
      'g6.xlarge': { source: expect.stringContaining('aws.amazon.com') },
      'c7a.xlarge': { source: expect.stringContaining('catalog') },
    });
    const lists = [...Object.values(others), ...Object.values(instances)].filter((list) => typeof list === 'object');
    expect(lists.length).toBeGreaterThan(8);
    for (const list of lists) {
      expect(list).toMatchObject({ source: expect.stringMatching(/^https:/), asOf: expect.stringMatching(/^\d{4}-/) });
    }
  });

  it('on CPU functions has no GPU cost', async () => {
    const { lines, job } = await plan('--count', '1000', '--instance', 'lambda');
    expect(job.worker).toMatchObject({ kind: 'lambda' });
    expect(lines.filter(({ what }) => /^g\d|address|EBS/.test(what))).toEqual([]);
  });
});

describe('plan of a location', () => {
  it('lists a folder', async () => {
    const sizes = [1000, 2000, 6000];
    for (const [index, size] of sizes.entries()) await writeFile(join(folder, `${index}.jpg`), Buffer.alloc(size));
    const { job, lines } = await plan(folder);
    expect(job).toMatchObject({ images: 3, bytes: 3000, listed: true });
    expect(lines.find(({ what }) => what.startsWith('S3 LIST'))?.quantity).toBe(1);
  });

  it('lists the objects below a prefix, except results', async () => {
    const bucket = await aws.makeBucket();
    const part = 'photos/results/date=2026-03-01/20260301T100000000Z-x.parquet';
    const sizes = { 'photos/a.jpg': 1000, 'photos/b/c.png': 3000, 'other.jpg': 9000, [part]: 8000 };
    for (const [key, size] of Object.entries(sizes)) await aws.put(bucket, key, Buffer.alloc(size));
    const store = `s3://${bucket}/photos`;
    const { job } = await plan(`${store}/`, '--store', store, '--endpoint', aws.endpoint);
    expect(job).toMatchObject({ images: 2, bytes: 2000 });
  });

  it('explains in one line that a location is empty or missing', async () => {
    const empty = await aws.makeBucket();
    const nothing = await failureOf(['plan', `s3://${empty}`, '--endpoint', aws.endpoint]);
    expect(nothing).toBe(`no files to plan for in s3://${empty}`);
    const missing = join(folder, 'none');
    expect(await failureOf(['plan', missing])).toBe(`no such folder: ${missing}`);
  });

  it('gives the commands for this location', async () => {
    const bucket = await aws.makeBucket();
    await aws.put(bucket, 'photos/a.jpg', Buffer.alloc(1000));
    const { cheapest, options } = await plan(`s3://${bucket}/photos`, '--endpoint', aws.endpoint);
    expect(options[0]?.settings).toMatchObject({ dropBucket: bucket });
    expect(cheapest.commands.at(-1)).toContain(` submit s3://${bucket}/photos --store RESULTS_STORE --queue `);
    const local = await plan(folder);
    expect(local.options[0]?.settings).not.toHaveProperty('dropBucket');
    expect(local.cheapest.commands.at(-1)).toBe(`aws s3 cp --recursive ${folder} s3://DROP_BUCKET`);
  });
});
