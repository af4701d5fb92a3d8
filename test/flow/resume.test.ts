import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { readRunState } from '../../jobs/progress/run-record.ts';
import { openResults } from '../../results/open/open-results.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { jsonLines, startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const drop = join(folder, 'drop');
const images = 3000;

await writePhotos(drop, images);
const aws = await startAws();
const proxy = await startFaultyProxy(aws.endpoint);

/** Number of rows in the parts, including duplicates. */
async function storedRows(store: string): Promise<number> {
  const results = await openResults({ kind: 'folder', path: store });
  try {
    const every = `select count(*) from read_parquet('${join(store, 'results/**/*.parquet')}')`;
    const [row] = await rowsOf(results, every);
    return Number(row?.[0]);
  } finally {
    await results.close();
  }
}

/** The record of the last run of the only job. */
const runState = (store: string) => readRunState(new FolderStore(), { bucket: store, prefix: '' }, 'drop');

async function parts(store: string): Promise<string[]> {
  const names = await readdir(join(store, 'results'), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.parquet'));
}

describe('a run that is killed', () => {
  it('is completed by running it again, without computing an image twice', async () => {
    const store = join(folder, 'store');
    const args = ['run', drop, '--model', model, '--store', store];
    const killed = startInceptionBatch(args);
    const exited = once(killed, 'exit');
    await eventually(async () => expect(await parts(store)).not.toEqual([]), { interval: 5 });
    killed.kill('SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);

    const finished = await storedRows(store);
    expect(await runState(store)).toMatchObject({ source: drop, ended_at: null, complete: false });
    expect(finished).toBeGreaterThan(0);
    expect(finished).toBeLessThan(images);
    const before = await parts(store);

    const again = await runCommand([...args, '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: images, done: finished, classified: images - finished });
    expect(await runState(store)).toMatchObject({ total: images, done: finished, complete: true });
    expect(await parts(store)).toEqual(expect.arrayContaining(before));
    expect(await storedRows(store)).toBe(images); // so no image was computed twice

    const { stdout } = await runCommand(['results', '--store', store, '--sql', 'select key from results', '--json']);
    const keys = jsonLines(stdout).map(({ key }) => key);
    expect(keys).toHaveLength(images);
    expect(new Set(keys).size).toBe(images);
  });

  it('finishes the work in progress on SIGINT, and can be continued', async () => {
    const store = join(folder, 'interrupted');
    const args = ['run', drop, '--model', model, '--store', store];
    const interrupted = startInceptionBatch(args);
    const exited = once(interrupted, 'exit');
    await eventually(async () => expect(await parts(store)).not.toEqual([]), { interval: 5 });
    interrupted.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    const finished = await storedRows(store);
    expect(finished).toBeLessThan(images);
    expect(await runState(store)).toMatchObject({
      classified: finished,
      complete: false,
      ended_at: expect.any(String),
    });
    const again = await runCommand([...args, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: images, done: finished, classified: images - finished });
  });

  it('exits with 130 on SIGINT after a fault of the store that a retry has overcome', async () => {
    const bucket = await aws.makeBucket();
    proxy.rejectsWrites = true;
    const interrupted = startInceptionBatch([
      ...['run', drop, '--model', model, '--store', `s3://${bucket}`, '--endpoint', proxy.endpoint],
    ]);
    const exited = once(interrupted, 'exit');
    // The SDK itself tries three times.
    await eventually(() => expect(proxy.refused()).toBeGreaterThan(6), { interval: 5 });
    proxy.rejectsWrites = false;
    const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: 'results/' });
    await eventually(async () => expect(await aws.s3.send(list)).toMatchObject({ KeyCount: 1 }), { interval: 5 });
    interrupted.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });

  it('ends at once on a second SIGINT, and loses no stored rows', async () => {
    const store = join(folder, 'twice');
    const args = ['run', drop, '--model', model, '--store', store];
    const interrupted = startInceptionBatch(args);
    const exited = once(interrupted, 'exit');
    await eventually(async () => expect(await parts(store)).not.toEqual([]), { interval: 5 });
    interrupted.kill('SIGINT');
    interrupted.kill('SIGINT');
    const [code, signal] = await exited;
    // The run may end before the second signal; an abort of the runtime would be SIGABRT or 134.
    expect([code, signal]).toSatisfy(([exitCode, endSignal]: unknown[]) => exitCode === 130 || endSignal === 'SIGINT');
    const finished = await storedRows(store);
    const again = await runCommand([...args, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: images, done: finished, classified: images - finished });
  });
});
