import { CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type DeployedSettings, deployedSettingsSchema, metadataKey } from './deployed-settings.ts';
import { InceptionBatch } from './inception-batch.ts';
import type { Stage } from './stage-file.ts';

/** A stage as a stack of its own. */
export class InceptionBatchStack extends Stack {
  /** Compared with those of the next deployment. */
  readonly deployedSettings: DeployedSettings;

  constructor(scope: Construct, id: string, { stage, ...stackProps }: StackProps & { readonly stage: Stage }) {
    super(scope, id, { terminationProtection: stage.settings.production, ...stackProps });
    // With this id, logical ids are those of a pipeline that is not inside a construct.
    const pipeline = new InceptionBatch(this, 'Default', {
      ...stage.props,
      ...(stage.dropBucket ? { dropBucket: Bucket.fromBucketName(this, 'Drop', stage.dropBucket) } : {}),
      ...this.#network(stage),
    });
    const { metadata = {} } = this.templateOptions;
    this.deployedSettings = deployedSettingsSchema.parse(metadata[metadataKey(stage.name)]);
    this.#output('DropBucket', pipeline.dropUrl);
    this.#output('ResultsStore', pipeline.resultsStore);
    this.#output('ModelUrl', pipeline.modelUrl);
    this.#output('UploadsQueueUrl', pipeline.uploadsQueue.queueUrl);
    this.#output('UploadsDeadLettersUrl', pipeline.uploadsDeadLetterQueue.queueUrl);
    this.#output('UploadsDeadLettersArn', pipeline.uploadsDeadLetterQueue.queueArn);
    this.#output('CropsQueueUrl', pipeline.cropsQueue.queueUrl);
    this.#output('CropsDeadLettersUrl', pipeline.cropsDeadLetterQueue.queueUrl);
    this.#output('CropsDeadLettersArn', pipeline.cropsDeadLetterQueue.queueArn);
    if (pipeline.workersCluster) this.#output('WorkersCluster', pipeline.workersCluster.clusterName);
    if (pipeline.workersService) this.#output('WorkersService', pipeline.workersService.serviceName);
    this.#output('AlarmTopic', pipeline.alarmTopic.topicArn);
  }

  #network({ network }: Stage) {
    if (network === undefined) return {};
    const { vpc: vpcId, subnets: ids } = network;
    const availabilityZones = ids.map((_, index) => Fn.select(index, Fn.getAzs()));
    const subnets = ids.map((subnet, index) => Subnet.fromSubnetId(this, `Subnet${index}`, subnet));
    return { vpc: Vpc.fromVpcAttributes(this, 'Vpc', { vpcId, availabilityZones }), vpcSubnets: { subnets } };
  }

  #output(id: string, value: string): void {
    new CfnOutput(this, id, { value });
  }
}
