import { type IResource, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { Bucket, CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { UserError } from '../shared/failures/user-error.ts';
import type { InceptionBatchProps } from './inception-batch-props.ts';
import { parseSettings, type Settings } from './settings.ts';

type CdkObjects = Pick<InceptionBatchProps, 'alarmTopic' | 'dropBucket' | 'vpc' | 'vpcSubnets'>;

/** How to make an object of something that exists. */
const imports = {
  dropBucket: "Bucket.fromBucketName(this, 'Drop', 'my-photos')",
  alarmTopic: "Topic.fromTopicArn(this, 'Topic', 'arn:…')",
  vpc: "Vpc.fromLookup(this, 'Vpc', { vpcId: 'vpc-…' })",
} as const;

/**
 * The settings among the props, with their defaults, and the objects of the CDK.
 * @throws {UserError} one line that says what to give instead
 */
export function parseProps(scope: Construct, props: InceptionBatchProps): CdkObjects & { readonly settings: Settings } {
  const { alarmTopic, dropBucket, vpc, vpcSubnets, dropKey, ...given } = props;
  for (const [name, value] of Object.entries({ dropBucket, alarmTopic, vpc })) checkObject(name, value);
  if (vpcSubnets && !vpc) throw new UserError('wrong settings: give vpc with vpcSubnets');
  for (const [name, resource] of Object.entries({ dropBucket, alarmTopic })) checkEnvironment(scope, name, resource);
  if (dropBucket) checkCreator(scope, dropBucket);
  for (const [name, value] of Object.entries(given)) checkLiteral(name, value);
  const objects = Object.entries({ dropBucket, vpc, vpcSubnets }).filter(([, value]) => value !== undefined);
  const names = objects.map(([name]) => name);
  // The ARN of a key in the same app is known only at deployment.
  const known = dropKey === undefined || Token.isUnresolved(dropKey) ? {} : { dropKey };
  const settings = parseSettings({ ...given, ...known }, dropKey === undefined ? names : [...names, 'dropKey']);
  checkKeyRegion(scope, known.dropKey);
  return {
    alarmTopic,
    dropBucket,
    vpc,
    vpcSubnets,
    settings: dropKey === undefined ? settings : Object.freeze({ ...settings, dropKey }),
  };
}

/** Programs in JavaScript, and casts, may give a name. */
function checkObject(name: string, value: unknown): void {
  if (value === undefined || Construct.isConstruct(value)) return;
  const example = Object.entries(imports).find(([key]) => key === name)?.[1];
  throw new UserError(`wrong settings: ${name} is not an object of the CDK: give it such as ${example}`);
}

function checkLiteral(name: string, value: unknown): void {
  if (!Token.isUnresolved(value) && !(Array.isArray(value) && value.some((entry) => Token.isUnresolved(entry)))) return;
  throw new UserError(`wrong settings: ${name} is a token, which is known only at deployment: give a literal`);
}

function checkEnvironment(scope: Construct, name: string, resource: IResource | undefined): void {
  if (resource === undefined) return;
  const stack = Stack.of(scope);
  for (const field of ['region', 'account'] as const) {
    const [own, other] = [stack[field], resource.env[field]];
    // A topic may be shared by accounts.
    if (name === 'alarmTopic' && field === 'account') continue;
    if (Token.isUnresolved(own) || Token.isUnresolved(other) || own === other) continue;
    throw new UserError(`wrong settings: ${name} is in the ${field} ${other}: give one in ${own}, as the stack is`);
  }
}

/** Each stack would need the other: the bucket notifies the queue, and ingest reads the bucket. */
function checkCreator(scope: Construct, bucket: IBucket): void {
  const creator = bucket instanceof Bucket ? bucket : createdBucket(bucket);
  if (creator === undefined || Stack.of(creator) === Stack.of(scope)) return;
  throw new UserError(
    `wrong settings: dropBucket is created in the stack ${Stack.of(creator).stackName}: create it in this one, or give Bucket.fromBucketName()`,
  );
}

/** The bucket that `Bucket.fromCfnBucket()` refers to. */
function createdBucket({ bucketName }: IBucket): IConstruct | undefined {
  const token = Tokenization.reverseString(bucketName).firstToken;
  const target: unknown = token && 'target' in token ? token.target : undefined;
  return target instanceof CfnBucket ? target : undefined;
}

function checkKeyRegion(scope: Construct, dropKey: string | undefined): void {
  const { region } = Stack.of(scope);
  const given = dropKey?.split(':')[3];
  if (given === undefined || Token.isUnresolved(region) || given === region) return;
  throw new UserError(`wrong settings: dropKey is in the region ${given}: give the key of the bucket, in ${region}`);
}
