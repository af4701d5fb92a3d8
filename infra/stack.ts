import { Annotations, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import type { Construct } from 'constructs';
import { resultsPrefix } from '../shared/stores/keys.ts';
import { Alarms } from './alarms.ts';
import { Buckets } from './buckets.ts';
import { ClassifyFunction } from './classify-function.ts';
import { CompactFunction } from './compact-function.ts';
import { GpuWorkers } from './gpu-workers.ts';
import { ImageScan } from './image-scan.ts';
import { IngestFunction } from './ingest-function.ts';
import { JobsFunction } from './jobs-function.ts';
import { acknowledgeLibraryFunctions } from './library-functions.ts';
import { OwnMetrics } from './metrics.ts';
import { Model } from './model.ts';
import { PipelineDashboard } from './pipeline-dashboard.ts';
import { Queues } from './queues.ts';
import { ResultsTable } from './results-table.ts';
import type { Settings } from './settings.ts';
import { WorkerScaling } from './worker-scaling.ts';

/** The whole pipeline, in the order in which an image passes through it. */
export class InceptionBatchStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: StackProps & { readonly settings: Settings }) {
    super(scope, id, { terminationProtection: settings.production, ...props });
    const namespace = `inception-batch/${settings.stage}`;
    const buckets = new Buckets(this, 'Buckets', settings);
    const queues = new Queues(this, 'Queues', settings);
    const model = new Model(this, 'Model', { bucket: buckets.models, settings });
    if (!model.deployment) {
      Annotations.of(this).addWarningV2(
        'inception-batch:model',
        `no model is deployed (-c model=FOLDER): put a model directory into the models bucket under ${model.prefix}/`,
      );
    }
    this.#notify(buckets, queues, settings);

    const parts = { settings, buckets, queues, model, namespace };
    const ingest = new IngestFunction(this, 'Ingest', parts);
    const classifier =
      settings.classifier === 'lambda'
        ? new ClassifyFunction(this, 'Classify', parts)
        : new GpuWorkers(this, 'Workers', parts);
    const scaling = classifier instanceof GpuWorkers ? this.#scale(classifier, ingest, queues, settings) : undefined;

    const { function: jobs } = new JobsFunction(this, 'Jobs', { settings, buckets, queues, namespace });
    new ResultsTable(this, 'Table', { results: buckets.results, settings });
    const classify = classifier instanceof ClassifyFunction ? classifier.function : undefined;
    const compact = new CompactFunction(this, 'Compact', { settings, buckets });
    const functions = { ingest: ingest.function, classify, compact: compact.function, jobs };
    const alarms = new Alarms(this, 'Alarms', { settings, queues, ...functions });
    if (classifier instanceof GpuWorkers) {
      new ImageScan(this, 'ImageScan', { image: classifier.task.image, topic: alarms.topic, settings });
    }
    const own = new OwnMetrics(namespace);
    const { stage } = settings;
    new PipelineDashboard(this, 'Overview', {
      stage,
      queues,
      own,
      ingest: ingest.function,
      wantedWorkers: scaling?.wanted,
    });
    acknowledgeLibraryFunctions(this, buckets);

    new CfnOutput(this, 'DropBucket', { value: `s3://${buckets.drop.bucketName}/${settings.dropPrefix ?? ''}` });
    new CfnOutput(this, 'ResultsStore', { value: `s3://${buckets.results.bucketName}` });
    new CfnOutput(this, 'ModelPlace', { value: model.place });
    new CfnOutput(this, 'UploadsQueueUrl', { value: queues.uploads.queueUrl });
    new CfnOutput(this, 'UploadsDeadLettersArn', { value: queues.uploadsDeadLetters.queueArn });
    new CfnOutput(this, 'CropsQueueUrl', { value: queues.crops.queueUrl });
    new CfnOutput(this, 'CropsDeadLettersArn', { value: queues.cropsDeadLetters.queueArn });
    if (classifier instanceof GpuWorkers) {
      new CfnOutput(this, 'WorkersCluster', { value: classifier.cluster.clusterName });
      new CfnOutput(this, 'WorkersService', { value: classifier.service.serviceName });
    }
    new CfnOutput(this, 'AlarmTopic', { value: alarms.topic.topicArn });
  }

  /** Tells the uploads queue of everything that is dropped or deleted, and another one of every part of the results. */
  #notify({ drop, results }: Buckets, { uploads, parts }: Queues, { dropPrefix }: Settings): void {
    const destination = new SqsDestination(uploads);
    const filters = dropPrefix === undefined ? [] : [{ prefix: dropPrefix }];
    for (const event of [EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED, EventType.LIFECYCLE_EXPIRATION]) {
      drop.addEventNotification(event, destination, ...filters);
    }
    results.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(parts), {
      prefix: resultsPrefix,
      suffix: '.parquet',
    });
  }

  #scale(
    { service, cluster }: GpuWorkers,
    ingest: IngestFunction,
    { crops }: Queues,
    settings: Settings,
  ): WorkerScaling {
    const { clusterName } = cluster;
    ingest.wakes({ serviceArn: service.serviceArn, serviceName: service.serviceName, clusterName });
    return new WorkerScaling(this, 'Scaling', { settings, service, clusterName, crops });
  }
}
