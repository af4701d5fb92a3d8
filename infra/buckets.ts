import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { packExpiry } from '../shared/crops/pack-expiry.ts';
import { acknowledge } from './acknowledge.ts';
import { queryResultsPrefix } from './results-table.ts';
import type { Settings } from './settings.ts';

export interface BucketsProps {
  readonly settings: Settings;
  /** An existing bucket to watch; otherwise one is created. */
  readonly drop: IBucket | undefined;
  /** Encrypts all buckets but that of the access logs, for which S3 does not support it. */
  readonly key: IKey | undefined;
}

/** How long production keeps what was overwritten or deleted. */
const keepVersions = Duration.days(30);

/**
 * All buckets: private, encrypted, reachable over TLS only, with access logs. The pipeline writes nothing to the bucket
 * that triggers it.
 */
export class Buckets extends Construct {
  /** Users upload images here. */
  readonly drop: IBucket;
  /** Result parts in Parquet, and packed crops. */
  readonly results: Bucket;
  /** Model directories, each under its own prefix. */
  readonly models: Bucket;
  /** The customer-managed key of the buckets and queues. */
  readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, { settings, drop, key }: BucketsProps) {
    super(scope, id);
    this.key = key;
    const { production, messageDays, logDays } = settings;
    const common: BucketProps = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: !production,
    };
    const abortUploads = { abortIncompleteMultipartUploadAfter: Duration.days(7) };
    const logs = new Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [{ expiration: Duration.days(logDays) }],
    });
    acknowledge(logs, { 'AwsSolutions-S1': 'This is the bucket of the access logs itself.' });
    const logged = (prefix: string): BucketProps => ({
      ...common,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: prefix,
      ...(key ? { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true } : {}),
    });
    this.drop = drop ?? new Bucket(this, 'Drop', { ...logged('drop/'), lifecycleRules: [abortUploads] });
    // Overwritten and deleted results and models can be restored. What expires anyway is not worth keeping twice.
    const oldVersions = production
      ? [{ id: 'expire-versions', noncurrentVersionExpiration: keepVersions, expiredObjectDeleteMarker: true }]
      : [];
    const expiring = (rule: LifecycleRule): LifecycleRule =>
      production ? { ...rule, noncurrentVersionExpiration: Duration.days(1) } : rule;
    const packs = packExpiry('', Duration.days(messageDays).toSeconds());
    this.results = new Bucket(this, 'Results', {
      ...logged('results/'),
      versioned: production,
      lifecycleRules: [
        abortUploads,
        ...oldVersions,
        expiring({ id: packs.id, prefix: packs.prefix, expiration: Duration.days(packs.days) }),
        expiring({ id: 'expire-answers', prefix: queryResultsPrefix, expiration: Duration.days(7) }),
      ],
    });
    this.models = new Bucket(this, 'Models', {
      ...logged('models/'),
      versioned: production,
      lifecycleRules: [abortUploads, ...oldVersions],
    });
  }
}
