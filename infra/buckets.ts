import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
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
  readonly drop?: IBucket | undefined;
}

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

  constructor(scope: Construct, id: string, { settings, drop }: BucketsProps) {
    super(scope, id);
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
    const logged = (prefix: string) => ({ ...common, serverAccessLogsBucket: logs, serverAccessLogsPrefix: prefix });
    this.drop = drop ?? new Bucket(this, 'Drop', { ...logged('drop/'), lifecycleRules: [abortUploads] });
    const packs = packExpiry('', Duration.days(messageDays).toSeconds());
    this.results = new Bucket(this, 'Results', {
      ...logged('results/'),
      lifecycleRules: [
        abortUploads,
        { id: packs.id, prefix: packs.prefix, expiration: Duration.days(packs.days) },
        { id: 'expire-answers', prefix: queryResultsPrefix, expiration: Duration.days(7) },
      ],
    });
    this.models = new Bucket(this, 'Models', { ...logged('models/'), lifecycleRules: [abortUploads] });
  }
}
