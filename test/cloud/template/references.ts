import type { Resource } from './read-template.ts';
import type { Environment, References } from './resolve-intrinsics.ts';

/** How the services name a resource: what `Ref` gives, and the attributes that templates read. */
interface Named {
  readonly ref: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface NamedAt extends Environment {
  /** Address of SQS, with which queue URLs begin. */
  readonly endpoint: string;
}

/**
 * Names resources by their type, as the services do when they create them.
 * @throws {Error} for an attribute that is not listed here
 */
export function referencesAt(at: NamedAt): References {
  return {
    ref: (id, template) => {
      const resource = template.Resources[id];
      if (resource === undefined) throw new Error(`the template refers to ${id}, which it does not contain`);
      return nameOf(id, resource, at).ref;
    },
    attribute: (id, name, template) => {
      const resource = template.Resources[id];
      if (resource === undefined) throw new Error(`the template refers to ${id}, which it does not contain`);
      const value = nameOf(id, resource, at).attributes?.[name];
      if (value === undefined) throw new Error(`${id} (${resource.Type}) has no known attribute ${name}`);
      return value;
    },
  };
}

/** Names that a template gives a resource itself, by the property of its type. */
const nameProperties: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::ECS::Service': 'ServiceName',
  'AWS::ECS::TaskDefinition': 'Family',
  'AWS::Events::Rule': 'Name',
  'AWS::SNS::Topic': 'TopicName',
};

function nameOf(logicalId: string, { Type: type, Properties }: Resource, at: NamedAt): Named {
  const { region, account, endpoint } = at;
  const given = Properties[nameProperties[type] ?? ''];
  if (given !== undefined && typeof given !== 'string') throw new Error(`the name of ${logicalId} is not plain text`);
  const id = given ?? logicalId;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  const lower = id.toLowerCase();
  const cluster = 'stood-up';
  switch (type) {
    case 'AWS::S3::Bucket':
      return { ref: lower, attributes: { Arn: `arn:aws:s3:::${lower}` } };
    case 'AWS::SQS::Queue':
      return { ref: `${endpoint}/${account}/${id}`, attributes: { Arn: arn('sqs', id), QueueName: id } };
    case 'AWS::IAM::Role':
      return { ref: id, attributes: { Arn: `arn:aws:iam::${account}:role/${id}`, RoleId: `AROA${id}` } };
    case 'AWS::IAM::InstanceProfile':
      return { ref: id, attributes: { Arn: `arn:aws:iam::${account}:instance-profile/${id}` } };
    case 'AWS::Lambda::Function':
      return { ref: id, attributes: { Arn: arn('lambda', `function:${id}`) } };
    case 'AWS::Logs::LogGroup':
      return { ref: `/stood-up/${id}`, attributes: { Arn: arn('logs', `log-group:/stood-up/${id}:*`) } };
    case 'AWS::ECS::Cluster':
      return { ref: cluster, attributes: { Arn: arn('ecs', `cluster/${cluster}`) } };
    case 'AWS::ECS::Service':
      return {
        ref: arn('ecs', `service/${cluster}/${id}`),
        attributes: { Name: id, ServiceArn: arn('ecs', `service/${cluster}/${id}`) },
      };
    case 'AWS::ECS::TaskDefinition':
      return { ref: arn('ecs', `task-definition/${id}:1`) };
    case 'AWS::Events::Rule':
      return { ref: id, attributes: { Arn: arn('events', `rule/${id}`) } };
    case 'AWS::SNS::Topic':
      return { ref: arn('sns', id), attributes: { TopicArn: arn('sns', id), TopicName: id } };
    case 'AWS::KMS::Key':
      return { ref: lower, attributes: { Arn: arn('kms', `key/${lower}`), KeyId: lower } };
    case 'AWS::EC2::SecurityGroup':
      return { ref: id, attributes: { GroupId: id } };
    case 'AWS::EC2::LaunchTemplate':
      return { ref: id, attributes: { LatestVersionNumber: '1' } };
    case 'AWS::CloudWatch::Alarm':
      return { ref: id, attributes: { Arn: arn('cloudwatch', `alarm:${id}`) } };
    default:
      return { ref: id };
  }
}
