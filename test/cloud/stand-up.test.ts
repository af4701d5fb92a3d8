import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { runApp } from '../infra/run-app.ts';
import { model } from '../infra/synthesize.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { region } from './account.ts';
import { type StoodUp, standUp } from './stand-up.ts';
import { type Assembly, readAssembly, type Template } from './template/read-template.ts';
import { administrator } from './users.ts';

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

function compactRole(): [id: string, role: Template['Resources'][string]] {
  const found = Object.entries(assembly.template.Resources).find(([id]) => /^CompactFunctionRole\w{8}$/.test(id));
  if (found === undefined) throw new Error('the template has no such role');
  return found;
}

it('a role that does not trust its service is not assumed', async () => {
  const [id, role] = compactRole();
  const trust = (statement: Readonly<Record<string, unknown>>) => ({
    [id]: {
      ...role,
      Properties: { ...role.Properties, AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [statement] } },
    },
  });
  const lambda = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const refused =
    /^lambda.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: .*CompactFunctionRole/;
  // Lambda is not documented to name the account for which it acts.
  const otherwise = { ...lambda, Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } } };
  await expect(standUpWithout(() => false, trust(otherwise))).rejects.toThrow(refused);
  const ec2 = { ...lambda, Principal: { Service: 'ec2.amazonaws.com' } };
  await expect(standUpWithout(() => false, trust(ec2))).rejects.toThrow(refused);
});

it('a role with a managed policy, which is not evaluated here, is an error', async () => {
  const [id, role] = compactRole();
  const managed = { ...role, Properties: { ...role.Properties, ManagedPolicyArns: ['arn:aws:iam::aws:policy/Admin'] } };
  await expect(standUpWithout(() => false, { [id]: managed })).rejects.toThrow('ManagedPolicyArns');
});

it('a resource of an unknown type is an error, so that none is forgotten', async () => {
  const added = { Stray: { Type: 'AWS::DynamoDB::Table', Properties: {} } };
  await expect(standUpWithout(() => false, added)).rejects.toThrow(/^stand up AWS::DynamoDB::Table, or list it/);
});

it('the answer to HEAD has the length of the object', async () => {
  const cloud = await standUpWithout(() => false);
  const bucket = cloud.output('ResultsStore').slice('s3://'.length);
  await cloud.admin.put(bucket, 'a.txt', 'four');
  const { s3 } = administrator(cloud);
  expect((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a.txt' }))).ContentLength).toBe(4);
});

it('a request of someone unknown is refused', async () => {
  const { gateway } = await standUpWithout(() => false);
  const credentials = { accessKeyId: 'unknown', secretAccessKey: 'unknown' };
  const s3 = new S3Client({ endpoint: gateway.endpoint, region, credentials, forcePathStyle: true });
  await expect(s3.send(new GetObjectCommand({ Bucket: 'any', Key: 'any' }))).rejects.toThrow('unknown access key');
  s3.destroy();
});

it('a role without permission to list a bucket gets 403 for a missing object, as on S3', async () => {
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
