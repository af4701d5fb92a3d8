import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeWithServer } from './with-server.ts';

const sql = `SELECT key, status, label, probability, embedding, width, height, format, bytes FROM results ORDER BY key`;

describeWithServer('run', ({ server: { endpoint }, s3, makeBucket }) => {
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
});
