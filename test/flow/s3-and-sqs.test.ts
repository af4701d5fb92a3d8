import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { failureOf, queryResults, runCommand } from '../support/run-command.ts';
import { s3Notification, sqsEvent } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const drop = join(folder, 'drop');
const columns =
  'key, status, reason, model, preprocess, label, label_id, probability, "top", embedding, width, height, format, bytes';
const names = await writePhotos(drop, 30);
await writeFile(join(drop, 'note.jpg'), 'no picture');
await writeFile(join(drop, 'zwei Wörter + 100 % 🌻.jpg'), await readFile(join(drop, 'photo-000.jpg')));
names.push('note.jpg', 'zwei Wörter + 100 % 🌻.jpg');
const aws = await startAws();
const bucket = await aws.makeBucket();
for (const name of names) await aws.put(bucket, `photos/${name}`, await readFile(join(drop, name)));

/** Rows of a store, without columns that depend on the location of the images. */
async function rowsIn(store: string): Promise<unknown[]> {
  const rows = await queryResults(store, `select ${columns} from results order by key`, aws.endpoint);
  return rows.map(({ key, ...row }) => ({ ...row, key: String(key).replace(/^photos\//, '') }));
}

describe('the same images through S3 and SQS', () => {
  it('give the same rows as the folder', async () => {
    const local = join(folder, 'store');
    expect((await runCommand(['run', drop, '--model', model, '--store', local])).code).toBe(0);

    const remote = `s3://${await aws.makeBucket()}/nested/store`;
    const queue = await aws.makeCropsQueue();
    const args = ['run', `s3://${bucket}/photos/`, '--model', model, '--store', remote, '--endpoint', aws.endpoint];
    const run = await runCommand([...args, '--queue', queue, '--json']);
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 32, classified: 31, rejected: 1, pending: 0, job: 'photos' });

    const expected = await rowsIn(local);
    expect(expected).toHaveLength(32);
    expect(await rowsIn(remote)).toEqual(expected);

    const again = await runCommand([...args, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: 32, done: 32, classified: 0, rejected: 0 });
  });

  it('exclude results in the same bucket', async () => {
    const bucket = await aws.makeBucket();
    await aws.put(bucket, 'a.jpg', await readFile(join(drop, 'photo-001.jpg')));
    const store = `s3://${bucket}`;
    const args = ['run', store, '--model', model, '--store', store, '--endpoint', aws.endpoint, '--json'];
    expect(JSON.parse((await runCommand(args)).stdout)).toMatchObject({ total: 1, classified: 1 });
    expect(JSON.parse((await runCommand(args)).stdout)).toMatchObject({ total: 1, done: 1 });
  });

  it('include hidden names that the user gave', async () => {
    const bucket = await aws.makeBucket();
    await aws.put(bucket, '.thumbs/a.jpg', await readFile(join(drop, 'photo-001.jpg')));
    const args = ['run', `s3://${bucket}/.thumbs/`, '--model', model, '--store', join(folder, 'hidden'), '--json'];
    const { code, stdout } = await runCommand([...args, '--endpoint', aws.endpoint]);
    expect(JSON.parse(stdout)).toMatchObject({ total: 1, classified: 1, pending: 0 });
    expect(code).toBe(0);
  });

  it('include keys with dot segments, by their exact keys', async () => {
    const bucket = await aws.makeBucket();
    const keys = ['./dot.jpg', '../up.jpg', 'a/../b.jpg', '..b.jpg', 'a/.../x.jpg', 'z/..', 'dou//ble.jpg'];
    for (const key of keys) await aws.put(bucket, key, await readFile(join(drop, 'photo-001.jpg')));
    await aws.put(bucket, '.DS_Store', Buffer.from('clutter'));
    const store = join(folder, 'dots');
    const args = ['run', `s3://${bucket}`, '--model', model, '--store', store, '--endpoint', aws.endpoint, '--json'];
    expect(JSON.parse((await runCommand(args)).stdout)).toMatchObject({ total: 7, classified: 7, pending: 0 });
    const rows = await queryResults(store, 'select key, job from results');
    expect(rows.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
  });

  it('report a missing bucket or queue in one line', async () => {
    const args = ['--model', model, '--store', join(folder, 'unused'), '--endpoint', aws.endpoint];
    expect(await failureOf(['run', 's3://no-such-bucket', ...args])).toContain('no-such-bucket');
    const missing = `${aws.endpoint}/000000000000/no-such-queue`;
    expect(await failureOf(['run', drop, ...args, '--queue', missing])).toContain('queue');
    const unlimited = await failureOf(['run', drop, ...args, '--queue', await aws.makeQueue()]);
    expect(unlimited).toMatch(/^the queue .* has no redrive policy: /);
  });
});

describe('deployed functions and workers', () => {
  it('turn an upload event into a row in the results bucket', async () => {
    const store = `s3://${await aws.makeBucket()}`;
    const queue = await aws.makeCropsQueue();
    const environment = {
      CROPS_QUEUE_URL: queue,
      RESULTS: store,
      AWS_ENDPOINT: aws.endpoint,
      MODEL_MANIFEST: join(model, 'manifest.json'),
    };
    const ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
    expect(await ingest(sqsEvent(...names.map((key) => s3Notification(bucket, `photos/${key}`))))).toEqual({
      batchItemFailures: [],
    });

    const worker = startWorker({ ...environment, MODEL: model, PART_AGE_MS: '100' });
    await aws.waitUntilEmpty(queue);
    await worker.stop();
    expect(await rowsIn(store)).toEqual(await rowsIn(join(folder, 'store')));
  });
});
