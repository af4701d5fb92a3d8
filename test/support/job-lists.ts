import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jobListKey } from '../../shared/stores/keys.ts';
import { writeParquet } from './write-parquet.ts';

/** An image on a list. */
export interface Listed {
  readonly key: string;
  readonly etag?: string;
  readonly version?: string | null;
}

let lists = 0;

/** Writes a list of images of the bucket `drop`, submitted at a time, for the model of `classifiedRow`. */
export async function writeList(
  store: string,
  job: string,
  images: readonly Listed[],
  submitted = new Date('2026-03-01T10:00:00Z'),
): Promise<string> {
  lists += 1;
  const path = join(store, jobListKey(job, submitted, String(lists)));
  await mkdir(dirname(path), { recursive: true });
  const rows = images.map(({ key, etag = 'e1', version = null }) => ({
    ...{ job, bucket: 'drop', key, version, etag, bytes: 109_527, submitted_at: submitted.toISOString() },
    ...{ model: 'googlenet@0123456789ab', preprocess: 'fedcba9876543210' },
  }));
  const json = `${path}.json`;
  await writeFile(json, JSON.stringify(rows));
  await writeParquet(
    `select * from read_json('${json}', columns = {job: 'varchar', bucket: 'varchar', key: 'varchar', version: 'varchar',
       etag: 'varchar', bytes: 'bigint', model: 'varchar', preprocess: 'varchar', submitted_at: 'timestamptz'})`,
    path,
  );
  await rm(json);
  return path;
}
