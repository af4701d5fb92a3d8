import type { IRole } from 'aws-cdk-lib/aws-iam';
import { packedPrefix, regionsPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import type { Buckets } from './buckets.ts';
import { anyKeyReason, anyModelReason, grant } from './grant.ts';
import { grantKey } from './grant-key.ts';

/** Grants what the worker and the classify function need on buckets: read models and packed crops, write results. */
export function grantClassify(role: IRole, { models, results, key }: Buckets): void {
  grantKey(role, key);
  grant(role, { actions: ['s3:GetObject'], resources: [models.arnForObjects('*')], reason: anyModelReason });
  grant(role, {
    actions: ['s3:GetObject'],
    resources: [results.arnForObjects(`${packedPrefix}*`)],
    reason: anyKeyReason,
  });
  // Without this permission S3 answers 403 instead of 404 for missing packed crops, and the worker would retry them.
  grant(role, { actions: ['s3:ListBucket'], resources: [results.bucketArn] });
  grant(role, {
    actions: ['s3:PutObject'],
    resources: [resultsPrefix, regionsPrefix].map((prefix) => results.arnForObjects(`${prefix}*`)),
    reason: anyKeyReason,
  });
}
