import { Aspects } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  GroupMetric,
  GroupMetrics,
  OnDemandAllocationStrategy,
  SpotAllocationStrategy,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  type IVpc,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  type SubnetSelection,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import {
  AmiHardwareType,
  AsgCapacityProvider,
  CfnClusterCapacityProviderAssociations,
  Cluster,
  ContainerInsights,
  Ec2Service,
  EcsOptimizedImage,
  MachineImageType,
} from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { workerDiskGiB } from '../shared/deployment/defaults.ts';
import { acknowledge } from './acknowledge.ts';
import { Network } from './network.ts';
import type { Settings } from './settings.ts';
import { WorkerTask, type WorkerTaskProps } from './worker-task.ts';

export interface InstanceWorkersProps extends Omit<WorkerTaskProps, 'cluster'> {
  /** An existing VPC; otherwise one is created. */
  readonly vpc: IVpc | undefined;
  /** The subnets of an existing VPC to use. */
  readonly vpcSubnets: SubnetSelection | undefined;
}

/**
 * Workers on GPU or CPU instances as an ECS service that scales down to zero. Instances follow the tasks: ECS starts them
 * through their Auto Scaling group and terminates none that still runs a task (docs/decisions/0011-gpu-capacity.md).
 */
export class InstanceWorkers extends Construct {
  readonly service: Ec2Service;
  /** Unique in its cluster. Known before the service exists, which ingest needs. */
  readonly serviceName = 'workers';
  readonly cluster: Cluster;
  readonly task: WorkerTask;
  readonly capacity: AsgCapacityProvider;

  constructor(scope: Construct, id: string, props: InstanceWorkersProps) {
    super(scope, id);
    const { settings, model, vpc, vpcSubnets } = props;
    const network = new Network(this, 'Network', { settings, vpc, vpcSubnets });
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    });
    acknowledge(this.cluster, {
      'AwsSolutions-ECS4':
        'Container Insights is billed per metric; the metrics that workers report cost a tenth of it.',
    });
    this.capacity = this.#makeCapacity(settings, network);
    this.cluster.addAsgCapacityProvider(this.capacity);
    this.task = new WorkerTask(this, 'Task', { ...props, cluster: this.cluster });
    this.service = new Ec2Service(this, 'Service', {
      cluster: this.cluster,
      serviceName: this.serviceName,
      taskDefinition: this.task.definition,
      capacityProviderStrategies: [{ capacityProvider: this.capacity.capacityProviderName, weight: 1 }],
      // A fixed number would reset the scaling on every deployment. Without one, the first deployment starts one worker,
      // which proves image, model, driver and quota. Without a model no worker can start.
      ...(model.deployment ? {} : { desiredCount: 0 }),
      // One worker per instance: a new one can start only after the old one has stopped.
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { rollback: true },
    });
    if (model.deployment) this.service.node.addDependency(model.deployment);
    // The CDK creates this association during synthesis. A service that is created before it is rejected, and one that is
    // deleted after it keeps the provider in use.
    Aspects.of(this.cluster).add({
      visit: (node) => {
        if (node instanceof CfnClusterCapacityProviderAssociations) this.service.node.addDependency(node);
      },
    });
  }

  #makeCapacity(settings: Settings, network: Network): AsgCapacityProvider {
    const [firstType = '', ...others] = settings.instanceTypes;
    const role = new Role(this, 'InstanceRole', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    const userData = UserData.forLinux();
    // Stops workers when the two-minute warning of a Spot interruption arrives.
    userData.addCommands('echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config');
    const launchTemplate = new LaunchTemplate(this, 'LaunchTemplate', {
      // CUDA 13 needs a driver from 580 on, which this image has; that of Amazon Linux 2 does not.
      machineImage: EcsOptimizedImage.amazonLinux2023(
        settings.classifier === 'gpu' ? AmiHardwareType.GPU : AmiHardwareType.STANDARD,
      ),
      instanceType: new InstanceType(firstType),
      securityGroup: network.securityGroup,
      role,
      userData,
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
      httpPutResponseHopLimit: 1,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(workerDiskGiB, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
    });
    const group = new AutoScalingGroup(this, 'Instances', {
      vpc: network.vpc,
      vpcSubnets: { subnets: network.subnets },
      minCapacity: 0,
      maxCapacity: settings.maxWorkers,
      // Free of charge; an alarm watches instances that run without results.
      groupMetrics: [new GroupMetrics(GroupMetric.IN_SERVICE_INSTANCES)],
      mixedInstancesPolicy: {
        launchTemplate,
        launchTemplateOverrides: [firstType, ...others].map((type) => ({ instanceType: new InstanceType(type) })),
        instancesDistribution: {
          onDemandAllocationStrategy: OnDemandAllocationStrategy.PRIORITIZED,
          onDemandBaseCapacity: 0,
          onDemandPercentageAboveBaseCapacity: 100 - settings.spotPercent,
          spotAllocationStrategy: SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
        },
      },
    });
    acknowledge(group, {
      'AwsSolutions-EC26': 'The launch template encrypts the volume; this rule cannot read it.',
      'AwsSolutions-AS3': 'Instances come and go with every job; alarms watch the queues instead.',
    });
    acknowledge(role, {
      'AwsSolutions-IAM5[Action::ecs:Submit*]':
        'The CDK writes it for the three actions by which the ECS agent reports state changes.',
      'AwsSolutions-IAM5[Resource::*]':
        'These actions of the ECS agent have no resource: it fetches a token for images and discovers its endpoint.',
    });
    return new AsgCapacityProvider(this, 'Capacity', {
      autoScalingGroup: group,
      machineImageType: MachineImageType.AMAZON_LINUX_2,
      enableManagedTerminationProtection: true,
    });
  }
}
