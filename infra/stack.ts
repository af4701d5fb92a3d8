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
import { PipelineMetrics } from './metrics.ts';
import { Model } from './model.ts';
import { PipelineDashboard } from './pipeline-dashboard.ts';
import { Queues } from './queues.ts';
import { ResultsTable } from './results-table.ts';
import type { Settings } from './settings.ts';
import { WorkerScaling } from './worker-scaling.ts';

/** The whole pipeline, in the order in which images flow through it. */
export class InceptionBatchStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...stackProps }: StackProps & { readonly settings: Settings }) {
    super(scope, id, { terminationProtection: settings.production, ...stackProps });
    const namespace = `inception-batch/${settings.stage}`;
    const buckets = new Buckets(this, 'Buckets', settings);
    const queues = new Queues(this, 'Queues', settings);
    const model = new Model(this, 'Model', { bucket: buckets.models, settings });
    if (!model.deployment) {
      Annotations.of(this).addWarningV2(
        'inception-batch:model',
        `no model is deployed: give -c model=FOLDER, or upload a model directory to ${model.prefix}/ in the models bucket`,
      );
    }
    this.#notify(buckets, queues, settings);

    const props = { settings, buckets, queues, model, namespace };
    const ingest = new IngestFunction(this, 'Ingest', props);
    const classifier =
      settings.classifier === 'lambda'
        ? new ClassifyFunction(this, 'Classify', props)
        : new GpuWorkers(this, 'Workers', props);
    const scaling = classifier instanceof GpuWorkers ? this.#scale(classifier, ingest, queues, settings) : undefined;

    const { function: jobs } = new JobsFunction(this, 'Jobs', props);
    new ResultsTable(this, 'Table', { results: buckets.results, settings });
    const classify = classifier instanceof ClassifyFunction ? classifier.function : undefined;
    const compact = new CompactFunction(this, 'Compact', props);
    const functions = { ingest: ingest.function, classify, compact: compact.function, jobs };
    const alarms = new Alarms(this, 'Alarms', { settings, queues, ...functions });
    if (classifier instanceof GpuWorkers) {
      new ImageScan(this, 'ImageScan', { image: classifier.task.image, topic: alarms.topic, settings });
    }
    new PipelineDashboard(this, 'Overview', {
      stage: settings.stage,
      queues,
      metrics: new PipelineMetrics(namespace),
      ingest: ingest.function,
      desiredWorkers: scaling?.desired,
    });
    acknowledgeLibraryFunctions(this, buckets);

    new CfnOutput(this, 'DropBucket', { value: `s3://${buckets.drop.bucketName}/${settings.dropPrefix ?? ''}` });
    new CfnOutput(this, 'ResultsStore', { value: `s3://${buckets.results.bucketName}` });
    new CfnOutput(this, 'ModelUrl', { value: model.url });
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

  /** Notifies the uploads queue of uploaded and deleted objects, and the parts queue of new parts of the results. */
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

  #scale(workers: GpuWorkers, ingest: IngestFunction, { crops }: Queues, settings: Settings): WorkerScaling {
    ingest.startsWorkersOf(workers);
    const { service, cluster } = workers;
    return new WorkerScaling(this, 'Scaling', { settings, service, clusterName: cluster.clusterName, crops });
  }
}
