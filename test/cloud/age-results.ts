import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { regionsPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import type { TestAws } from '../support/start-aws.ts';

export async function listKeys({ s3 }: TestAws, Bucket: string, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

/** Moves parts to the folder of the day before the one in their keys: the clock of this machine stays. */
export async function ageResults(aws: TestAws, Bucket: string): Promise<void> {
  for (const prefix of [resultsPrefix, regionsPrefix].map((folder) => `${folder}date=`)) {
    for (const Key of await listKeys(aws, Bucket, prefix)) {
      const day = Key.slice(prefix.length, prefix.length + '2026-01-01'.length);
      const before = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
      const name = Key.slice(Key.lastIndexOf('/') + 1).replace(compact(day), compact(before));
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key }));
      await aws.put(Bucket, `${prefix}${before}/${name}`, (await Body?.transformToByteArray()) ?? new Uint8Array());
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    }
  }
}

function compact(day: string): string {
  return day.replaceAll('-', '');
}
