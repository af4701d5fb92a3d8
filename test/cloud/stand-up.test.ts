import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { runApp } from '../infra/run-app.ts';
import { model } from '../infra/synthesize.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { region } from './account.ts';
import { type StoodUp, standUp } from './stand-up.ts';
import { type Assembly, readAssembly, type Template } from './template/read-template.ts';

const output = join(temporaryFolder(), 'synth');
const { code, stderr } = await runApp(output, { model, classifier: 'lambda' });
expect(code, stderr).toBe(0);
const assembly = readAssembly(output);

/** Stands up the template with only these resources; no function starts in these tests. */
function standUpWithout(
  removed: (id: string, type: string) => boolean,
  added: Template['Resources'] = {},
): Promise<StoodUp> {
  const entries = Object.entries(assembly.template.Resources).filter(([id, { Type }]) => !removed(id, Type));
  const template = { ...assembly.template, Resources: { ...Object.fromEntries(entries), ...added } };
  const changed: Assembly = { ...assembly, template };
  const unexpected = () => {
    throw new Error('nothing starts here');
  };
  return standUp({ assembly: changed, startFunction: unexpected, installImage: unexpected });
}

it('a bucket cannot notify a queue whose policy does not allow it', async () => {
  const withoutPolicy = standUpWithout(
    (id, type) => type === 'AWS::SQS::QueuePolicy' && id.startsWith('QueuesUploadsPolicy'),
  );
  await expect(withoutPolicy).rejects.toThrow(
    /^Unable to validate the following destination configurations: arn:aws:sqs:.*QueuesUploads\w+ does not allow s3.amazonaws.com to perform sqs:SendMessage$/,
  );
});

it('a schedule cannot invoke a function whose policy does not allow it', async () => {
  const { schedules } = await standUpWithout(
    (id, type) => type === 'AWS::Lambda::Permission' && id.startsWith('Compact'),
  );
  const night = schedules.find(({ expression }) => expression.startsWith('cron('));
  await expect(night?.run()).rejects.toThrow(/^CompactFunction\w+ does not allow .* to perform lambda:InvokeFunction$/);
});

it('a resource of an unknown type is an error, so that none is forgotten', async () => {
  const added = { Stray: { Type: 'AWS::DynamoDB::Table', Properties: {} } };
  await expect(standUpWithout(() => false, added)).rejects.toThrow(/^stand up AWS::DynamoDB::Table, or list it/);
});

it('a request of someone unknown is refused', async () => {
  const { gateway } = await standUpWithout(() => false);
  const credentials = { accessKeyId: 'unknown', secretAccessKey: 'unknown' };
  const s3 = new S3Client({ endpoint: gateway.endpoint, region, credentials, forcePathStyle: true });
  await expect(s3.send(new GetObjectCommand({ Bucket: 'any', Key: 'any' }))).rejects.toThrow('unknown access key');
  s3.destroy();
});

it('a role without permission to list a bucket is not told that an object is missing, as on S3', async () => {
  const cloud = await standUpWithout(() => false);
  const bucket = cloud.output('ResultsStore').slice('s3://'.length);
  const statement = { Effect: 'Allow' as const, Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] };
  const { s3 } = cloud.as({ arn: 'arn:aws:sts::000000000000:assumed-role/Reader/session', statements: [statement] });
  await expect(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'missing' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message:
      `User: arn:aws:sts::000000000000:assumed-role/Reader/session is not authorized to perform: s3:ListBucket on resource: ` +
      `arn:aws:s3:::${bucket} because no identity-based policy allows the s3:ListBucket action`,
  });
});
