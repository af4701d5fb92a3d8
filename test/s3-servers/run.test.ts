import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture, writePhotos } from '../support/photos.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { oddKeys } from './odd-keys.ts';
import { describeWithServer } from './with-server.ts';

const sql = `SELECT key, status, label, probability, embedding, width, height, format, bytes FROM results ORDER BY key`;

describeWithServer('run', ({ server: { endpoint, accessKeyId, secretAccessKey }, s3, makeBucket }) => {
  it('classifies 50 photos in a bucket as it does in a folder, and keeps the results in a bucket', async () => {
    const [folder, model, bucket] = [temporaryFolder(), await makeTinyModel(), await makeBucket()];
    const photos = join(folder, 'photos');
    const names = await writePhotos(photos, 50);
    const store = new S3Store(s3);
    for (const name of names) {
      await store.write({ bucket, key: `drop/${name}` }, await readFile(join(photos, name)));
    }
    const local = await runCommand(['run', photos, '--model', model, '--store', join(folder, 'store')]);
    expect(local.code, local.stderr).toBe(0);
    const remoteStore = `s3://${bucket}/results of +1%`;
    const remote = await runCommand([
      ...['run', `s3://${bucket}/drop/`, '--model', model],
      ...['--store', remoteStore, '--endpoint', endpoint],
    ]);
    expect(remote.code, remote.stderr).toBe(0);
    const expected = await queryResults(join(folder, 'store'), sql);
    const rows = await queryResults(remoteStore, sql, endpoint);
    expect(rows).toHaveLength(50);
    expect(rows).toEqual(expected.map((row) => ({ ...row, key: `drop/${row['key']}` })));
  });

  it('gives every odd key a row', async () => {
    const [folder, model, bucket] = [temporaryFolder(), await makeTinyModel(), await makeBucket()];
    const store = new S3Store(s3);
    for (const [number, key] of oddKeys.entries()) {
      await store.write({ bucket, key }, await picture(number).png().toBuffer());
    }
    const results = join(folder, 'store');
    const ran = await runCommand([
      ...['run', `s3://${bucket}`, '--model', model],
      ...['--store', results, '--endpoint', endpoint],
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    const rows = await queryResults(results, 'select key, status from results');
    const expected = oddKeys.map((key) => ({ key, status: 'classified' }));
    const byKey = (a: { key?: unknown }, b: { key?: unknown }) => (String(a.key) < String(b.key) ? -1 : 1);
    expect(rows.toSorted(byKey)).toEqual(expected.toSorted(byKey));
  });

  it('uses the credentials of the user’s files, for a server on this machine too', async () => {
    const bucket = await makeBucket();
    await new S3Store(s3).write({ bucket, key: 'a.jpg' }, Buffer.from('x'));
    const planWith = async (secret: string) => {
      const file = join(temporaryFolder(), 'credentials');
      await writeFile(file, `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`);
      return runCommand(['plan', `s3://${bucket}`, '--json'], {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_SHARED_CREDENTIALS_FILE: file,
        AWS_ENDPOINT_URL: endpoint.replace('127.0.0.1', 'localhost'),
      });
    };
    expect(await planWith(secretAccessKey)).toMatchObject({ code: 0, stdout: expect.stringContaining('"images":1') });
    const refused = await planWith('wrong');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('SignatureDoesNotMatch');
    expect(
      refused.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('inception-batch:')),
    ).toHaveLength(1);
  });
});
