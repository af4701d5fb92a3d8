import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, inject } from 'vitest';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { atEnd } from '../support/at-end.ts';
import type { S3Server } from './s3-server.ts';

/** The server of the test project, and a client of it with the product's options. */
export interface OpenedServer {
  readonly server: S3Server;
  readonly s3: S3Client;
  /** Creates an empty bucket, which is removed after the running test or file, and returns its name. */
  makeBucket(): Promise<string>;
}

/** `describe` for tests on the server of the test project; skipped without one. */
export function describeWithServer(name: string, body: (opened: OpenedServer) => void): void {
  const server = inject('s3Server');
  if (server === null) {
    describe.skip(name, () => {});
    return;
  }
  describe(`${name} on ${server.name}`, () => {
    process.env['AWS_ACCESS_KEY_ID'] = server.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = server.secretAccessKey;
    process.env['AWS_REGION'] = server.region;
    const { s3 } = awsClients({ endpoint: server.endpoint });
    atEnd(() => s3.destroy());
    body({ server, s3, makeBucket: () => makeBucket(s3) });
  });
}

async function makeBucket(s3: S3Client): Promise<string> {
  const Bucket = `test-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  atEnd(() => removeBucket(s3, Bucket));
  return Bucket;
}

async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    // Encoded, since XML cannot hold the control characters of some keys.
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, EncodingType: 'url' }));
    const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    for (const { Key = '', VersionId } of objects) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: decodeURIComponent(Key.replaceAll('+', ' ')), VersionId }));
    }
    if (objects.length === 0) break;
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
