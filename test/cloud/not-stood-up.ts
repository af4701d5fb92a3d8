/** Resources that stand up, by type. */
export const stoodUp: ReadonlySet<string> = new Set([
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::KMS::Key',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Logs::LogGroup',
  'AWS::Events::Rule',
  'AWS::ECS::Cluster',
  'AWS::ECS::Service',
  'AWS::ECS::TaskDefinition',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'Custom::S3BucketNotifications',
  'Custom::CDKBucketDeployment',
]);

const network = 'All processes share the network of this machine.';
const instances = 'Workers are processes of this machine; no instance starts.';
const metrics = 'No service keeps metrics here: test/infra reads the alarms, the simulation runs them.';
const answers = 'Athena and Glue only read the results; test/infra compares the table with the rows.';
const onDelete = 'It only acts when the stack is deleted.';

/** Resources that do not stand up, with the reason. A type in neither list is an error, so that none is forgotten. */
export const notStoodUp: Readonly<Record<string, string>> = {
  'AWS::EC2::VPC': network,
  'AWS::EC2::Subnet': network,
  'AWS::EC2::RouteTable': network,
  'AWS::EC2::SubnetRouteTableAssociation': network,
  'AWS::EC2::Route': network,
  'AWS::EC2::InternetGateway': network,
  'AWS::EC2::VPCGatewayAttachment': network,
  'AWS::EC2::VPCEndpoint': network,
  'AWS::EC2::FlowLog': network,
  'AWS::EC2::SecurityGroup': network,
  'AWS::EC2::LaunchTemplate': instances,
  'AWS::IAM::InstanceProfile': instances,
  'AWS::AutoScaling::AutoScalingGroup': instances,
  'AWS::ECS::CapacityProvider': instances,
  'AWS::ECS::ClusterCapacityProviderAssociations': instances,
  'AWS::ApplicationAutoScaling::ScalingPolicy': metrics,
  'AWS::CloudWatch::Alarm': metrics,
  'AWS::CloudWatch::Dashboard': metrics,
  'AWS::SNS::Topic': metrics,
  'AWS::SNS::TopicPolicy': metrics,
  'AWS::SNS::Subscription': metrics,
  'AWS::Budgets::Budget': 'Nothing is billed here.',
  'AWS::Glue::Database': answers,
  'AWS::Glue::Table': answers,
  'AWS::Athena::WorkGroup': answers,
  'AWS::Athena::NamedQuery': answers,
  'AWS::Lambda::EventInvokeConfig': 'Retries of asynchronous invocations are switched off by it; none happen here.',
  'AWS::Lambda::LayerVersion': 'Only a function of the CDK uses a layer.',
  'AWS::KMS::Alias': 'Nothing refers to the key by it.',
  'Custom::S3AutoDeleteObjects': onDelete,
  'AWS::CDK::Metadata': 'It only tells the CDK which constructs a stack uses.',
  'Custom::AWS': 'It starts the scan of the image in ECR.',
};

/** Functions and roles that do not stand up, by the beginning of their logical ids, with the reason. */
const notStoodUpIds: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^BucketNotificationsHandler/, 'A function of the CDK sets notifications; the stand-in sets them itself.'],
  [/^CustomS3AutoDelete/, onDelete],
  [/^CustomCDKBucketDeployment/, 'A function of the CDK copies the model; the stand-in copies it itself.'],
  [/^AWS679f53fac002430cb0da5b7982bd2287/, 'A function of the CDK starts the scan of the image.'],
  [/^WorkersInstance|^WorkersCluster/, instances],
  [/^WorkersNetwork/, network],
  [/ExecutionRole/, 'The ECS agent pulls the image and creates log streams with it.'],
  [/^ImageScan/, 'EventBridge publishes findings with it.'],
];

/** Why a role or function does not stand up; undefined if it does. */
export function reasonAgainst(id: string): string | undefined {
  return notStoodUpIds.find(([pattern]) => pattern.test(id))?.[1];
}
