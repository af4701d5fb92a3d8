import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';

/** Properties of an `InceptionBatch`. An invalid value is an error in one line that says what to give instead. */
export interface InceptionBatchProps {
  /**
   * Name of the deployment, unique in the account and region: the dashboard, the Glue database, the Athena workgroup and
   * the namespace of the metrics are named for it.
   *
   * Up to 20 characters of a-z, 0-9 and -, starting with a letter.
   *
   * @default 'dev'
   */
  readonly stage?: string;

  /**
   * Whether buckets and logs are kept when the stack is destroyed.
   *
   * @default - true if the stage is 'prod'
   */
  readonly production?: boolean;

  /**
   * Folder of the model directory to deploy, as `inception-batch model import` writes it: `manifest.json` and the network.
   *
   * @default - none: upload a model directory to `model/` in the models bucket
   */
  readonly model?: string;

  /**
   * What classifies crops: `'gpu'` for containers on GPU instances, `'cpu'` for containers on CPU instances, `'lambda'` for
   * a function on CPUs (small volumes).
   *
   * @default 'gpu'
   */
  readonly classifier?: 'gpu' | 'cpu' | 'lambda';

  /**
   * EC2 types of the workers, on x86-64, each once: with one NVIDIA GPU, or with `classifier: 'cpu'` c7a, c7i, m7a and m7i.
   * The first is preferred on demand, the cheapest available one on Spot.
   *
   * Not for `classifier: 'lambda'`.
   *
   * @default ['g6.xlarge', 'g5.xlarge', 'g4dn.xlarge'], with `classifier: 'cpu'` ['c7a.xlarge', 'm7a.xlarge']
   */
  readonly instanceTypes?: string[];

  /**
   * Percentage of Spot instances, 0 to 100.
   *
   * Not for `classifier: 'lambda'`.
   *
   * @default 100
   */
  readonly spotPercent?: number;

  /**
   * Maximum number of workers, 1 to 500; with `classifier: 'lambda'` maximum concurrency of the function, at least 2.
   *
   * @default 4, with `classifier: 'lambda'` 20
   */
  readonly maxWorkers?: number;

  /**
   * Waiting images per worker, 100 to 100,000,000. With `regions` each image has many crops: reduce it for the same time
   * per worker.
   *
   * Not for `classifier: 'lambda'`.
   *
   * @default 100000
   */
  readonly imagesPerWorker?: number;

  /**
   * Maximum number of crops in a worker's batch, a power of two from 1 to 1024.
   *
   * Not for `classifier: 'lambda'`: the function uses 8.
   *
   * @default 64, with `classifier: 'cpu'` 8
   */
  readonly batchSize?: number;

  /**
   * Crops per image: 1, 10 or 144.
   *
   * @default 1
   */
  readonly crops?: number;

  /**
   * Also classify up to this many regions of each image, 1 to 1000: boxes with labels and embeddings. Each costs as much as a
   * crop of an image.
   *
   * @default - none
   */
  readonly regions?: number;

  /**
   * How crops are sent to the classifier: in messages, packed into objects, or whichever is cheaper.
   *
   * @default 'auto'
   */
  readonly transport?: 'inline' | 'packed' | 'auto';

  /**
   * Maximum concurrency of the ingest function, 2 to 1000.
   *
   * @default 50
   */
  readonly ingestConcurrency?: number;

  /**
   * Memory of an ingest function in MB, 512 to 10240; 1769 MB give one core.
   *
   * @default 1769
   */
  readonly ingestMemory?: number;

  /**
   * Days that crops and their dead letters are kept, 1 to 14; uploads are kept for 14.
   *
   * @default 4
   */
  readonly messageDays?: number;

  /**
   * Days that logs and the buckets' access logs are kept: a period that CloudWatch Logs offers, from 1 to 3653.
   *
   * @default 30
   */
  readonly logDays?: number;

  /**
   * Address that alarms are sent to. It has to be confirmed once.
   *
   * @default - none
   */
  readonly alarmEmail?: string;

  /**
   * Topic that alarms are published to. It must let `cloudwatch.amazonaws.com`, `events.amazonaws.com` and,
   * with `monthlyBudget`, `budgets.amazonaws.com` publish.
   *
   * @default - a topic is created
   */
  readonly alarmTopic?: ITopic;

  /**
   * Bucket to watch for uploads: one that the same stack creates, or an imported one (`Bucket.fromBucketName()`) in the
   * region of the stack.
   *
   * @default - a bucket is created
   */
  readonly dropBucket?: IBucket;

  /**
   * Classify only uploads under this key prefix. Up to 1024 bytes. It does not start with `/` and
   * contains no `*`, `?`, brackets, braces, unmatched parentheses or control characters.
   *
   * @default - all uploads
   */
  readonly dropPrefix?: string;

  /**
   * ARN of the KMS key that encrypts the objects of `dropBucket`, which may be one of the same app. Ingest may then decrypt them, through S3 only, and
   * `grantUpload` and `grantSubmit` include its use; the policy of the key must let the account grant its use, as the default
   * policy does.
   *
   * @default - none: the objects are encrypted with a key of S3 or AWS
   */
  readonly dropKey?: string;

  /**
   * Whether buckets, queues, the created topic and logs are encrypted with a customer-managed KMS key, which is created, and
   * kept when the stack is destroyed. Who uploads images or reads results then needs `kms:GenerateDataKey` and `kms:Decrypt` on it, which the grants include.
   *
   * @default false - keys of AWS
   */
  readonly customerKey?: boolean;

  /**
   * Dollars per month, 1 to 10,000,000, for everything that carries the tag `inception-batch-stage` of this stage. The
   * alarm topic is notified at 80 % and 100 % of it, and when the month is forecast to exceed it. The tag has to be activated
   * as a cost allocation tag once.
   *
   * @default - no budget
   */
  readonly monthlyBudget?: number;

  /**
   * VPC of the workers, with a route to S3, SQS, ECR, CloudWatch Logs and ECS.
   *
   * Not for `classifier: 'lambda'`.
   *
   * @default - a VPC is created
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of `vpc` in which workers run.
   *
   * @default - the private subnets of `vpc`, else its isolated, else its public ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * How workers in the created VPC reach AWS: public addresses without inbound access, interface endpoints, or a NAT
   * gateway. The latter two are billed per hour.
   *
   * @default 'public'
   */
  readonly egress?: 'public' | 'endpoints' | 'nat';

  /**
   * Whether uploads are left in their queue, for up to 14 days.
   *
   * @default false
   */
  readonly paused?: boolean;

  /**
   * URL of the npm registry from which the build of the worker's image installs packages.
   *
   * Not for `classifier: 'lambda'`.
   *
   * @default - the registry of npm
   */
  readonly npmRegistry?: string;

  /**
   * URL of the index of the NuGet feed from which the build of the worker's image takes onnxruntime's CUDA provider, the
   * package `Microsoft.ML.OnnxRuntime.Gpu.Linux`.
   *
   * Only for `classifier: 'gpu'`.
   *
   * @default - the feed of onnxruntime-node's install script
   */
  readonly nugetFeed?: string;

  /**
   * File of CA certificates in PEM format that the build of the worker's image trusts, besides those of Node.js: for a
   * proxy that inspects TLS, or a registry with its own CA. It is not stored in the image.
   *
   * Not for `classifier: 'lambda'`.
   *
   * @default - none
   */
  readonly caBundle?: string;
}
