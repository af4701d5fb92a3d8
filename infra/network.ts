import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  type SubnetConfiguration,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { makeLogGroup } from './make-function.ts';
import type { Settings } from './settings.ts';

/** Services that hosts and containers of workers call. S3 is reached through a gateway endpoint, which is free. */
const services = {
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrImages: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Ecs: InterfaceVpcEndpointAwsService.ECS,
  EcsAgent: InterfaceVpcEndpointAwsService.ECS_AGENT,
  EcsTelemetry: InterfaceVpcEndpointAwsService.ECS_TELEMETRY,
};

export interface NetworkProps {
  readonly settings: Settings;
  /** An existing VPC; otherwise one is created. */
  readonly vpc: IVpc | undefined;
  /** The subnets of the existing VPC to use. */
  readonly vpcSubnets: SubnetSelection | undefined;
}

/**
 * Where workers run. Their security group allows no inbound connections. By default they have public addresses, since
 * the alternatives cost money while idle (docs/decisions/0012-network.md).
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, { settings, vpc: existing, vpcSubnets }: NetworkProps) {
    super(scope, id);
    if (existing) {
      this.vpc = existing;
      this.subnets = existing.selectSubnets(vpcSubnets).subnets;
    } else {
      const vpc = this.#makeVpc(settings);
      this.vpc = vpc;
      this.subnets = vpc.selectSubnets({ subnetGroupName: 'workers' }).subnets;
    }
    this.securityGroup = new SecurityGroup(this, 'Workers', {
      vpc: this.vpc,
      description: 'Workers: nothing in, all out',
      allowAllOutbound: true,
    });
  }

  #makeVpc(settings: Settings): Vpc {
    const { egress } = settings;
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.73.0.0/16'),
      maxAzs: 3,
      natGateways: egress === 'nat' ? 1 : 0,
      subnetConfiguration: subnetsFor(egress),
      // Restricting it would need another function of the CDK; nothing here uses the default group.
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(makeLogGroup(this, 'FlowLogGroup', settings)),
      trafficType: FlowLogTrafficType.REJECT,
    });
    vpc.applyRemovalPolicy(RemovalPolicy.DESTROY);
    if (egress !== 'endpoints') return vpc;
    for (const [name, service] of Object.entries(services)) vpc.addInterfaceEndpoint(name, { service });
    acknowledge(vpc, {
      'AwsSolutions-EC23': 'Endpoints are open only to the VPC, whose address range this rule cannot read.',
    });
    return vpc;
  }
}

function subnetsFor(egress: Settings['egress']): SubnetConfiguration[] {
  const workers = { name: 'workers', cidrMask: 20 };
  if (egress === 'public') return [{ ...workers, subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true }];
  if (egress === 'endpoints') return [{ ...workers, subnetType: SubnetType.PRIVATE_ISOLATED }];
  return [
    { ...workers, subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    { name: 'nat', cidrMask: 28, subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
  ];
}
