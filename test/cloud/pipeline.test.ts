import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import type { StageSettings } from '../infra/run-app.ts';
import { model } from '../infra/synthesize.ts';
import { eventually } from '../support/eventually.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { devFolder, devStart } from './dev-start.ts';
import { photo, truncatedPhoto } from './photos.ts';
import { type StoodUp, standUp } from './stand-up.ts';
import { installImage, synthesized } from './synthesized.ts';

const existing = { dropBucket: 'my-photos', dropPrefix: 'in/' };
const pipelines: readonly [name: string, settings: StageSettings][] = [
  ['with the classify function', { model, classifier: 'lambda' }],
  ['with workers, over an existing bucket', { model, ...existing }],
];

describe.each(pipelines)('a pipeline %s', (_, settings) => {
  let cloud: StoodUp;
  let drop: { bucket: string; prefix: string };
  let store: string;

  beforeAll(async () => {
    cloud = await standUp({
      assembly: await synthesized(settings),
      startFunction: devStart(devFolder()),
      installImage,
      existingBuckets: settings.dropBucket ? [settings.dropBucket] : [],
    });
    const { hostname, pathname } = new URL(cloud.output('DropBucket'));
    drop = { bucket: hostname, prefix: pathname.slice(1) };
    store = cloud.output('ResultsStore');
  });
  afterAll(() => cloud.close());

  const rows = (sql: string) => queryResults(store, sql, cloud.admin.endpoint);

  it('classifies 200 photos: those that are dropped, and those that were there', async () => {
    // 80 that were in the bucket before it had notifications.
    for (let index = 0; index < 80; index += 1) {
      await cloud.admin.put(drop.bucket, `${drop.prefix}archive/${index}.jpg`, await photo(index));
    }
    const uploader = cloud.as({
      arn: 'arn:aws:sts::000000000000:assumed-role/Uploader/session',
      statements: [allow(['s3:PutObject', 's3:DeleteObject'], [`arn:aws:s3:::${drop.bucket}/${drop.prefix}*`])],
    });
    // More refusals than the SDK tries again: the first delivery of this photo fails.
    cloud.gateway.faults.push({ path: 'holiday/7.jpg', methods: ['GET'], remaining: 3 });
    for (let index = 0; index < 120; index += 1) {
      const Body =
        index === 3 ? Buffer.from('no image') : index === 4 ? await truncatedPhoto(index) : await photo(index);
      const Key = `${drop.prefix}holiday/${index}.jpg`;
      await uploader.s3.send(new PutObjectCommand({ Bucket: drop.bucket, Key, Body }));
    }
    const submitter = cloud.as({
      arn: 'arn:aws:sts::000000000000:assumed-role/Submitter/session',
      statements: submitterPolicy(drop.bucket, store.slice('s3://'.length), cloud),
    });
    const { code, stderr } = await runCommand(
      [
        ...['submit', `s3://${drop.bucket}/${drop.prefix}archive/`, '--job', 'archive', '--store', store],
        ...['--model', cloud.output('ModelUrl'), '--queue', cloud.output('UploadsQueueUrl')],
        ...['--endpoint', cloud.gateway.endpoint],
      ],
      {
        AWS_ACCESS_KEY_ID: submitter.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: submitter.credentials.secretAccessKey,
        AWS_SESSION_TOKEN: submitter.credentials.sessionToken,
      },
    );
    expect(code, stderr).toBe(0);
    await eventually(async () => {
      expect(cloud.problems()).toEqual([]);
      expect(await rows('select status, count(*)::int as images from results group by status order by status')).toEqual(
        [
          { status: 'classified', images: 198 },
          { status: 'rejected', images: 2 },
        ],
      );
    });
  });
});

function allow(actions: string[], resources: string[]) {
  return { Effect: 'Allow' as const, Action: actions, Resource: resources, Principal: undefined, Condition: undefined };
}

/** As docs/jobs.md lists them. */
function submitterPolicy(bucket: string, results: string, cloud: StoodUp) {
  return [
    allow(['s3:ListBucket'], [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${results}`]),
    allow(['s3:GetObject'], [`arn:aws:s3:::${results}/*`]),
    allow(['s3:PutObject', 's3:DeleteObject'], [`arn:aws:s3:::${results}/jobs/*`]),
    allow(
      ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
      [`arn:aws:sqs:us-east-1:000000000000:${cloud.output('UploadsQueueUrl').split('/').at(-1)}`],
    ),
  ];
}
