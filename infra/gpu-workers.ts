import { Aspects } from 'aws-cdk-lib';
import { AutoScalingGroup, OnDemandAllocationStrategy, SpotAllocationStrategy } from 'aws-cdk-lib/aws-autoscaling';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
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

/**
 * GPU workers from none to as many as are worth it, and back. Instances come and go with the tasks that are wanted:
 * ECS starts them through their group and ends none that still runs a task (docs/decisions/0011-gpu-capacity.md).
 */
export class GpuWorkers extends Construct {
  readonly service: Ec2Service;
  readonly cluster: Cluster;
  readonly task: WorkerTask;

  constructor(scope: Construct, id: string, props: Omit<WorkerTaskProps, 'cluster'>) {
    super(scope, id);
    const { settings, model } = props;
    const network = new Network(this, 'Network', settings);
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    });
    acknowledge(this.cluster, {
      'AwsSolutions-ECS4': 'Container Insights is billed by the metric; workers report their own, at a tenth of it.',
    });
    const capacity = this.#makeCapacity(settings, network);
    this.cluster.addAsgCapacityProvider(capacity);
    this.task = new WorkerTask(this, 'Task', { ...props, cluster: this.cluster });
    this.service = new Ec2Service(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: this.task.definition,
      capacityProviderStrategies: [{ capacityProvider: capacity.capacityProviderName, weight: 1 }],
      // Said once, every deployment would end workers: scaling says how many, and a first deployment starts one, which
      // shows that image, model, driver and quota are right. Without a model there is nothing that could start.
      ...(model.deployment ? {} : { desiredCount: 0 }),
      // One to a GPU: the next can start only where the one before has ended.
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { rollback: true },
    });
    if (model.deployment) this.service.node.addDependency(model.deployment);
    // The library ties the provider to the cluster when it synthesises. A service that is made before is refused, and one
    // that is removed after keeps the provider in use.
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
    // Two minutes before a Spot instance is taken away its workers are told to stop.
    userData.addCommands('echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config');
    const launchTemplate = new LaunchTemplate(this, 'LaunchTemplate', {
      machineImage: EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU),
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
      'AwsSolutions-EC26': 'The volume is encrypted: the launch template says so, which this rule cannot read.',
      'AwsSolutions-AS3': 'Instances come and go with every job; alarms watch the queues, which is what matters.',
    });
    acknowledge(role, {
      'AwsSolutions-IAM5[Action::ecs:Submit*]':
        'The library writes so the three ways in which the agent says what became of tasks.',
      'AwsSolutions-IAM5[Resource::*]':
        'What the agent of ECS does on an instance has no resource: it fetches a token for images and finds its endpoint.',
    });
    return new AsgCapacityProvider(this, 'Capacity', {
      autoScalingGroup: group,
      machineImageType: MachineImageType.AMAZON_LINUX_2,
      enableManagedTerminationProtection: true,
    });
  }
}
