import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { openCropsQueue } from '../../../shared/crops/open-crops-queue.ts';
import { manifestFile, parseManifestFile } from '../../../shared/models/model-directory.ts';
import { preprocessDigest, preprocessWithRegions } from '../../../shared/models/model-manifest.ts';
import { jobMarkerKey } from '../../../shared/stores/keys.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { model } from '../../infra/synthesize.ts';
import { inceptionBatch } from '../../support/cli.ts';
import { writeList } from '../../support/job-lists.ts';
import { cropsNamed } from '../../support/packed-crops.ts';
import { tiles } from '../../support/region-photos.ts';
import { s3Notification } from '../../support/sqs-event.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { photo } from '../photos.ts';
import type { StoodUp } from '../stand-up.ts';
import { submitter, uploader } from '../users.ts';

/** The setting `regions` of the pipelines: without it, no grant for the embeddings of regions is used. */
export const regionsPerImage = 5;

/** A pipeline whose grants are used, and where its uploads are ingested. */
export interface Exercised {
  readonly cloud: StoodUp;
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Drops whole and broken images, one with a version and one that is gone when ingest reads it, and sends crops whose pack is
 * gone; ends when all have a row.
 * @param run a name that this pipeline has not seen
 */
export async function classifyImages({ cloud, bucket, prefix }: Exercised, run: string): Promise<void> {
  const { s3 } = uploader(cloud, bucket, prefix);
  const key = (name: string) => `${prefix}${run}/${name}`;
  for (const [index, name] of ['a.jpg', 'b.jpg', 'c.jpg', 'versioned.jpg', 'broken.jpg'].entries()) {
    // Regions of tiles are kept.
    const Body = name === 'broken.jpg' ? Buffer.from('not an image') : await tiles(index);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key(name), Body }));
  }
  const gone = JSON.stringify(s3Notification(bucket, key('gone.jpg')));
  await cloud.admin.sqs.send(new SendMessageCommand({ QueueUrl: cloud.output('UploadsQueueUrl'), MessageBody: gone }));
  await sendCropsWithoutPack(cloud, [`${run}/1.jpg`, `${run}/2.jpg`]);
  await untilClassified(cloud);
  if (cloud.workers) await returnMessage(cloud);
}

/** Sends the worker a message that it cannot read, and waits until it is back in the queue. */
async function returnMessage({ admin, authorizer, ...cloud }: StoodUp): Promise<void> {
  const before = authorizer.countOf('sqs:ChangeMessageVisibility');
  const QueueUrl = cloud.output('CropsQueueUrl');
  await admin.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'no crop' }));
  await cloud.until(async () => expect(authorizer.countOf('sqs:ChangeMessageVisibility')).toBeGreaterThan(before));
  await admin.sqs.send(new PurgeQueueCommand({ QueueUrl }));
}

/** Submits a job, which completes, and opens one that was marked as complete. */
export async function checkJobs({ cloud, bucket, prefix }: Exercised, run: string): Promise<void> {
  const store = cloud.output('ResultsStore');
  const results = store.slice('s3://'.length);
  const folder = temporaryFolder();
  const list = await writeList(folder, `open-${run}`, [{ key: 'never.jpg' }]);
  await cloud.admin.put(results, relative(folder, list), await readFile(list));
  await cloud.admin.put(results, jobMarkerKey(`open-${run}`), '');
  await cloud.admin.put(bucket, `${prefix}job-${run}/a.jpg`, await photo(1));
  const { code, stderr } = await inceptionBatch(
    [
      ...['submit', `s3://${bucket}/${prefix}job-${run}/`, '--job', `job-${run}`, '--store', store],
      ...['--model', cloud.output('ModelUrl'), '--queue', cloud.output('UploadsQueueUrl')],
      ...['--endpoint', cloud.gateway.endpoint, '--regions', String(regionsPerImage)],
    ],
    submitter(cloud, bucket).environment,
  );
  expect(code, stderr).toBe(0);
  await cloud.until(async () => {
    expect(await cloud.listResults(jobMarkerKey(`job-${run}`))).toHaveLength(1);
    expect(await cloud.listResults(jobMarkerKey(`open-${run}`))).toEqual([]);
  });
  await untilEmpty(
    cloud,
    cloud.mappings.map(({ queueUrl }) => queueUrl),
  );
}

/** Runs every schedule of the template once, on results of the day before. */
export async function runSchedules({ cloud }: Exercised): Promise<void> {
  await cloud.ageResults();
  for (const schedule of cloud.schedules) await schedule.run();
  await untilClassified(cloud);
}

/** Messages for the deployed model that point to a pack which does not exist. */
async function sendCropsWithoutPack(cloud: StoodUp, keys: readonly string[]): Promise<void> {
  const path = join(model, manifestFile);
  const manifest = parseManifestFile(await readFile(path), path);
  const preprocess = preprocessWithRegions(manifest.preprocess, { maximum: regionsPerImage });
  const messages = keys.map((key) => {
    const message = cropsNamed(key, { size: preprocess.crop.width });
    const tensor = { ...message.tensor, scale: preprocess.scale, zeroPoint: preprocess.mean };
    return { ...message, preprocess: preprocessDigest(preprocess), tensor, regions: { boxes: [], pixels: [] } };
  });
  const noPackedCrops: ObjectStore = {
    write: async () => {},
    read: sendsOnly,
    readRange: sendsOnly,
    list: sendsOnly,
    create: sendsOnly,
    remove: sendsOnly,
  };
  const location = { bucket: cloud.output('ResultsStore').slice('s3://'.length), prefix: '' };
  const options = { transport: 'packed', location } as const;
  const queue = await openCropsQueue(cloud.admin.sqs, cloud.output('CropsQueueUrl'), noPackedCrops, options);
  expect(await queue.send(messages)).toEqual([]);
}

function sendsOnly(): never {
  throw new Error('this store only takes packs');
}

/** Waits until no upload and no crop waits or is being worked on. */
function untilClassified(cloud: StoodUp): Promise<void> {
  return untilEmpty(cloud, [cloud.output('UploadsQueueUrl'), cloud.output('CropsQueueUrl')]);
}

function untilEmpty(cloud: StoodUp, urls: readonly string[]): Promise<void> {
  return cloud.until(async () => {
    for (const url of urls) expect(await cloud.admin.depth(url)).toEqual({ visible: 0, inFlight: 0 });
  });
}
