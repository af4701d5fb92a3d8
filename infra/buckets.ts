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
import { answersPrefix } from './results-table.ts';
import type { Settings } from './settings.ts';

/**
 * Where everything lies. Nothing that the pipeline writes is in the bucket that triggers it, and each bucket is private,
 * encrypted, reached over TLS only, and logs who reads it.
 */
export class Buckets extends Construct {
  /** Images are dropped here. */
  readonly drop: IBucket;
  /** Rows as Parquet, and crops on their way. */
  readonly results: Bucket;
  /** Model directories, each under its own name. */
  readonly models: Bucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { production, dropBucket, messageDays, logDays } = settings;
    const common: BucketProps = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: !production,
    };
    const abandonedUploads = { abortIncompleteMultipartUploadAfter: Duration.days(7) };
    const logs = new Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [{ expiration: Duration.days(logDays) }],
    });
    acknowledge(logs, { 'AwsSolutions-S1': 'The bucket of access logs does not log who writes access logs to it.' });
    const logged = (prefix: string) => ({ ...common, serverAccessLogsBucket: logs, serverAccessLogsPrefix: prefix });
    this.drop = dropBucket
      ? Bucket.fromBucketName(this, 'Drop', dropBucket)
      : new Bucket(this, 'Drop', { ...logged('drop/'), lifecycleRules: [abandonedUploads] });
    const packs = packExpiry('', Duration.days(messageDays).toSeconds());
    this.results = new Bucket(this, 'Results', {
      ...logged('results/'),
      lifecycleRules: [
        abandonedUploads,
        { id: packs.id, prefix: packs.prefix, expiration: Duration.days(packs.days) },
        { id: 'expire-answers', prefix: answersPrefix, expiration: Duration.days(7) },
      ],
    });
    this.models = new Bucket(this, 'Models', { ...logged('models/'), lifecycleRules: [abandonedUploads] });
  }
}
