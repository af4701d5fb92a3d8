import { account, region } from './account.ts';
import type { StoodUp } from './stand-up.ts';

/** Someone who uploads images, with the permissions that docs/deploy.md gives. */
export function uploader(cloud: StoodUp, bucket: string, prefix: string) {
  return cloud.as({
    arn: `arn:aws:sts::${account}:assumed-role/Uploader/session`,
    statements: [allow(['s3:PutObject', 's3:DeleteObject'], [`arn:aws:s3:::${bucket}/${prefix}*`])],
  });
}

/** Someone who submits images, with the permissions that docs/jobs.md lists. */
export function submitter(cloud: StoodUp, bucket: string) {
  const results = cloud.output('ResultsStore').slice('s3://'.length);
  const modelUrl = new URL(cloud.output('ModelUrl'));
  const queue = cloud.output('UploadsQueueUrl').split('/').at(-1);
  const { credentials } = cloud.as({
    arn: `arn:aws:sts::${account}:assumed-role/Submitter/session`,
    statements: [
      allow(['s3:ListBucket'], [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${results}`]),
      allow(['s3:GetObject'], [`arn:aws:s3:::${results}/*`]),
      allow(['s3:GetObject'], [`arn:aws:s3:::${modelUrl.hostname}${modelUrl.pathname}/manifest.json`]),
      allow(['s3:PutObject', 's3:DeleteObject'], [`arn:aws:s3:::${results}/jobs/*`]),
      allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], [`arn:aws:sqs:${region}:${account}:${queue}`]),
    ],
  });
  return {
    environment: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    },
  };
}

/** Someone who may do everything. */
export function administrator(cloud: StoodUp) {
  return cloud.as({
    arn: `arn:aws:sts::${account}:assumed-role/Administrator/session`,
    statements: [allow(['*'], ['*'])],
  });
}

function allow(actions: string[], resources: string[]) {
  return { Effect: 'Allow' as const, Action: actions, Resource: resources };
}
