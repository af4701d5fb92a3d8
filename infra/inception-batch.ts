import { Annotations, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster, IService } from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { manifestFile } from '../shared/models/model-directory.ts';
import { jobsPrefix, regionsPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { Alarms } from './alarms.ts';
import { Buckets } from './buckets.ts';
import { ClassifyFunction } from './classify-function.ts';
import { CompactFunction } from './compact-function.ts';
import { refuseConflicts } from './conflicts.ts';
import { addCostTags } from './cost-tags.ts';
import { deployedSettings, metadataKey } from './deployed-settings.ts';
import { setFeatureFlags } from './feature-flags.ts';
import { grantDecrypt, grantEncrypt } from './grant-key.ts';
import { ImageScan } from './image-scan.ts';
import type { InceptionBatchProps } from './inception-batch-props.ts';
import { IngestFunction } from './ingest-function.ts';
import { InstanceWorkers } from './instance-workers.ts';
import { JobsFunction } from './jobs-function.ts';
import { acknowledgeLibraryFunctions, keepLibraryLogs } from './library-functions.ts';
import { limitTrustToAccount } from './limit-trust.ts';
import { PipelineMetrics } from './metrics.ts';
import { Model } from './model.ts';
import { notifyQueues } from './notify-queue.ts';
import { parseProps } from './parse-props.ts';
import { PipelineDashboard } from './pipeline-dashboard.ts';
import { makePipelineKey } from './pipeline-key.ts';
import { Queues } from './queues.ts';
import { ResultsTable } from './results-table.ts';
import type { Settings } from './settings.ts';
import { WatchFunction } from './watch-function.ts';
import { WorkerScaling } from './worker-scaling.ts';

/**
 * The whole pipeline: images that are dropped in a bucket become labels and embeddings in Parquet files.
 *
 * @example
 * const photos = new InceptionBatch(this, 'Photos', { stage: 'photos', model: 'models/googlenet' });
 * photos.grantUpload(role);
 * photos.metricCropsBacklog().createAlarm(this, 'Backlog', { threshold: 1e6, evaluationPeriods: 3 });
 */
export class InceptionBatch extends Construct {
  /** Users upload images here: the created bucket, or the given one. */
  readonly dropBucket: IBucket;
  /** Results in Parquet below `results/`, jobs below `jobs/`, and packed crops, which expire. */
  readonly resultsBucket: IBucket;
  /** Model directories, each below its own prefix. */
  readonly modelsBucket: IBucket;
  /** `s3://bucket/prefix` of the model directory that is served. */
  readonly modelUrl: string;
  /** `s3://bucket` of the results, as the command `inception-batch` takes it as `--store`. */
  readonly resultsStore: string;
  /** `s3://bucket/prefix` where uploads are classified. */
  readonly dropUrl: string;
  /** Notifications of uploaded and deleted images. */
  readonly uploadsQueue: IQueue;
  readonly uploadsDeadLetterQueue: IQueue;
  /** Crops that wait to be classified. */
  readonly cropsQueue: IQueue;
  readonly cropsDeadLetterQueue: IQueue;
  /** Alarms are published here. */
  readonly alarmTopic: ITopic;
  readonly ingestFunction: IFunction;
  /** Undefined without `classifier: 'lambda'`. */
  readonly classifyFunction: IFunction | undefined;
  /** Undefined with `classifier: 'lambda'`. */
  readonly workersCluster: ICluster | undefined;
  /** Undefined with `classifier: 'lambda'`. */
  readonly workersService: IService | undefined;
  readonly #settings: Settings;
  readonly #metrics: PipelineMetrics;

  /** @throws an error in one line if a prop is invalid, or if props contradict each other */
  constructor(scope: Construct, id: string, props: InceptionBatchProps = {}) {
    super(scope, id);
    setFeatureFlags(this);
    const { settings, dropBucket, alarmTopic, vpc, vpcSubnets } = parseProps(this, props);
    this.#settings = settings;
    refuseConflicts(this, { settings, dropBucket });
    addCostTags(this, settings);
    limitTrustToAccount(this);
    const namespace = `inception-batch/${settings.stage}`;
    this.#metrics = new PipelineMetrics(namespace);
    const key = settings.customerKey ? makePipelineKey(this, 'Key', settings) : undefined;
    const buckets = new Buckets(this, 'Buckets', { settings, drop: dropBucket, key });
    const queues = new Queues(this, 'Queues', { settings, key });
    const model = new Model(this, 'Model', { bucket: buckets.models, settings });
    if (!model.deployment) {
      Annotations.of(this).addWarningV2(
        'inception-batch:model',
        `no model is deployed: set model to a folder, or upload a model directory to ${model.prefix}/ in the models bucket`,
      );
    }
    notifyQueues(buckets, queues, settings);

    const shared = { settings, buckets, queues, model, namespace };
    const ingest = new IngestFunction(this, 'Ingest', shared);
    const classifier =
      settings.classifier === 'lambda'
        ? new ClassifyFunction(this, 'Classify', shared)
        : new InstanceWorkers(this, 'Workers', { ...shared, vpc, vpcSubnets });
    const workers = classifier instanceof InstanceWorkers ? classifier : undefined;
    const classify = classifier instanceof ClassifyFunction ? classifier.function : undefined;
    const scaling = workers && this.#scale(workers, ingest, queues);

    const { function: jobs } = new JobsFunction(this, 'Jobs', shared);
    new ResultsTable(this, 'Table', { results: buckets.results, settings });
    const compact = new CompactFunction(this, 'Compact', shared);
    const { function: watch } = new WatchFunction(this, 'Watch', { ...shared, workers });
    const { topic } = new Alarms(this, 'Alarms', {
      settings,
      topic: alarmTopic,
      key,
      queues,
      metrics: this.#metrics,
      workers,
      functions: { ingest: ingest.function, classify, compact: compact.function, jobs, watch },
    });
    if (workers) new ImageScan(this, 'ImageScan', { image: workers.task.image, topic, settings });
    new PipelineDashboard(this, 'Overview', {
      stage: settings.stage,
      queues,
      metrics: this.#metrics,
      ingest: ingest.function,
      desiredWorkers: scaling?.desired,
    });
    const stack = Stack.of(this);
    acknowledgeLibraryFunctions(stack, buckets);
    keepLibraryLogs(stack, settings, key);

    this.dropBucket = buckets.drop;
    this.resultsBucket = buckets.results;
    this.modelsBucket = buckets.models;
    this.modelUrl = model.url;
    this.resultsStore = `s3://${buckets.results.bucketName}`;
    this.dropUrl = `s3://${buckets.drop.bucketName}/${settings.dropPrefix ?? ''}`;
    this.uploadsQueue = queues.uploads;
    this.uploadsDeadLetterQueue = queues.uploadsDeadLetters;
    this.cropsQueue = queues.crops;
    this.cropsDeadLetterQueue = queues.cropsDeadLetters;
    this.alarmTopic = topic;
    this.ingestFunction = ingest.function;
    this.classifyFunction = classify;
    this.workersCluster = workers?.cluster;
    this.workersService = workers?.service;
    // A later deployment is compared with it.
    stack.addMetadata(metadataKey(settings.stage), deployedSettings(settings, model.id, stack, dropBucket));
  }

  /** Lets an identity upload images to be classified: it may write to the drop bucket, under the prefix if one is set. */
  grantUpload(identity: IGrantable): void {
    const { dropPrefix = '', dropKey } = this.#settings;
    this.dropBucket.grantPut(identity, `${dropPrefix}*`);
    if (dropKey !== undefined) grantEncrypt(identity, dropKey, this.dropBucket);
  }

  /** Lets an identity read results and the progress of jobs, as `inception-batch results` and `status` do. */
  grantReadResults(identity: IGrantable): void {
    for (const prefix of [resultsPrefix, regionsPrefix, jobsPrefix]) {
      this.resultsBucket.grantRead(identity, `${prefix}*`);
    }
  }

  /** Lets an identity submit images that are already in the drop bucket, as `inception-batch submit` does. */
  grantSubmit(identity: IGrantable): void {
    this.grantReadResults(identity);
    this.resultsBucket.grantPut(identity, `${jobsPrefix}*`);
    this.resultsBucket.grantDelete(identity, `${jobsPrefix}*`);
    this.modelsBucket.grantRead(identity, `*/${manifestFile}`);
    const { dropPrefix = '', dropKey } = this.#settings;
    this.dropBucket.grantRead(identity, `${dropPrefix}*`);
    if (dropKey !== undefined) grantDecrypt(identity, dropKey, this.dropBucket);
    this.uploadsQueue.grantSendMessages(identity);
  }

  /**
   * Images of which rows with labels were stored.
   *
   * @default - sum over 1 minute
   */
  metricImagesStored(options?: MetricOptions): Metric {
    return this.#metrics.of({ service: 'classify', name: 'ImagesStored' }).with(options ?? {});
  }

  /**
   * Images that ingest turned into crops.
   *
   * @default - sum over 1 minute
   */
  metricImagesSent(options?: MetricOptions): Metric {
    return this.#metrics.of({ service: 'ingest', name: 'ImagesSent' }).with(options ?? {});
  }

  /**
   * Messages about uploads that wait.
   *
   * @default - maximum over 5 minutes
   */
  metricUploadsBacklog(options?: MetricOptions): Metric {
    return this.uploadsQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', ...options });
  }

  /**
   * Messages with crops that wait.
   *
   * @default - maximum over 5 minutes
   */
  metricCropsBacklog(options?: MetricOptions): Metric {
    return this.cropsQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', ...options });
  }

  /**
   * Milliseconds from the upload of an image to its row, for the slowest image.
   *
   * @default - maximum over 1 minute
   */
  metricUploadToRow(options?: MetricOptions): Metric {
    const name = 'UploadToRowMax';
    return this.#metrics.of({ service: 'classify', name, statistic: 'Maximum' }).with(options ?? {});
  }

  #scale(workers: InstanceWorkers, ingest: IngestFunction, { crops }: Queues): WorkerScaling {
    ingest.startsWorkersOf(workers);
    const { service, cluster } = workers;
    return new WorkerScaling(this, 'Scaling', {
      settings: this.#settings,
      service,
      clusterName: cluster.clusterName,
      crops,
    });
  }
}
