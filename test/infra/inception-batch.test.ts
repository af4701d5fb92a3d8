import { type App, Aws, DefaultStackSynthesizer, Stack, Token, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InceptionBatch } from '../../infra/inception-batch.ts';
import type { InceptionBatchProps } from '../../infra/inception-batch-props.ts';
import { parseStage } from '../../infra/stage-file.ts';
import { newApp } from './new-app.ts';
import { violationsIn } from './run-app.ts';
import { model } from './synthesize.ts';

/** An app without feature flags, as a user may have it; functions are not packed. */
function emptyApp(): App {
  return newApp({ context: { 'aws:cdk:bundling-stacks': [] } });
}

function findingsOf(app: App): string[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return violationsIn(app.synth().directory);
}

describe('the construct in the stack of another app', () => {
  it('has no finding, whatever feature flags the app sets, and twice in one stack', () => {
    const app = emptyApp();
    const stack = new Stack(app, 'Shop');
    new InceptionBatch(stack, 'Photos', { stage: 'photos', model });
    new InceptionBatch(stack, 'Scans', { stage: 'scans', model, classifier: 'lambda' });
    expect(findingsOf(app)).toEqual([]);
  });

  it('has no finding in an app with an account, a qualifier of its own and a key for everything', () => {
    const app = emptyApp();
    const stack = new Stack(app, 'Photos', {
      env: { account: '123456789012', region: 'eu-west-1' },
      synthesizer: new DefaultStackSynthesizer({ qualifier: 'photos' }),
    });
    new InceptionBatch(stack, 'Pipeline', { model, customerKey: true });
    expect(findingsOf(app)).toEqual([]);
  });

  it('takes a bucket of its stack, and a VPC and a topic of others', () => {
    const app = emptyApp();
    const shared = new Stack(app, 'Shared');
    const vpc = new Vpc(shared, 'Vpc');
    vpc.addFlowLog('FlowLog');
    const alarmTopic = Topic.fromTopicArn(shared, 'Topic', 'arn:aws:sns:eu-west-1:123456789012:alarms');
    const stack = new Stack(app, 'Photos');
    const dropBucket = new Bucket(stack, 'Drop', {
      enforceSSL: true,
      serverAccessLogsBucket: Bucket.fromBucketName(stack, 'Logs', 'logs'),
    });
    const photos = new InceptionBatch(stack, 'Pipeline', { model, dropBucket, dropPrefix: 'in/', vpc, alarmTopic });
    expect(photos.dropBucket).toBe(dropBucket);
    expect(photos.alarmTopic).toBe(alarmTopic);
    expect(findingsOf(app)).toEqual([]);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::VPC', 0);
    template.resourceCountIs('AWS::SNS::Topic', 0);
  });

  it('cannot watch a bucket that another stack creates, and says what to do', () => {
    const app = emptyApp();
    const dropBucket = new Bucket(new Stack(app, 'Shared'), 'Drop');
    expect(() => new InceptionBatch(new Stack(app, 'Photos'), 'Pipeline', { dropBucket })).toThrow(
      'wrong settings: dropBucket is created in the stack Shared: create it in this one, or give Bucket.fromBucketName()',
    );
  });

  it('leaves findings about other constructs to the app', () => {
    const app = emptyApp();
    const stack = new Stack(app, 'Photos');
    new InceptionBatch(stack, 'Pipeline', { model, classifier: 'lambda' });
    new Bucket(stack, 'Other');
    expect(() => findingsOf(app)).toThrow(/AwsSolutions-S1'/);
  });

  it('grants what a role needs to upload, to submit and to read results', () => {
    const stack = new Stack(emptyApp(), 'Photos');
    const photos = new InceptionBatch(stack, 'Pipeline', { dropPrefix: 'in/', classifier: 'lambda' });
    const actionsOf = (id: string, grant: (role: Role) => void) => {
      const role = new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      grant(role);
      return role;
    };
    actionsOf('Uploader', (role) => photos.grantUpload(role));
    actionsOf('Reader', (role) => photos.grantReadResults(role));
    actionsOf('Submitter', (role) => photos.grantSubmit(role));
    const policies = Template.fromStack(stack).findResources('AWS::IAM::Policy');
    const policyOf = (id: string) =>
      JSON.stringify(Object.entries(policies).find(([name]) => name.startsWith(id))?.[1] ?? {});
    expect(policyOf('Uploader')).toMatch(/s3:PutObject".*\/in\/\*/);
    expect(policyOf('Uploader')).not.toContain('s3:GetObject');
    expect(policyOf('Reader')).toMatch(/s3:GetObject.*\/results\/\*/);
    expect(policyOf('Reader')).not.toMatch(/s3:Put|packed/);
    expect(policyOf('Submitter')).toMatch(/sqs:SendMessage/);
    expect(policyOf('Submitter')).toMatch(/s3:DeleteObject\*.*\/jobs\/\*/);
    expect(policyOf('Submitter')).toContain('/*/manifest.json');
  });

  const dropKey = 'arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
  const throughS3 = /"Condition":\{"StringEquals":\{"kms:ViaService":.*"s3\..*:s3:::my-photos.*:s3:::my-photos\/\*/;

  it.each([
    [
      'upload',
      (photos: InceptionBatch, role: Role) => photos.grantUpload(role),
      ['kms:GenerateDataKey', 'kms:Decrypt'],
    ],
    ['submit', (photos: InceptionBatch, role: Role) => photos.grantSubmit(role), 'kms:Decrypt'],
  ])('grants the key of an existing bucket to a role that may %s, for that bucket only', (_, grant, actions) => {
    const stack = new Stack(emptyApp(), 'Photos');
    const dropBucket = Bucket.fromBucketName(stack, 'Drop', 'my-photos');
    const photos = new InceptionBatch(stack, 'Pipeline', { classifier: 'lambda', dropBucket, dropKey });
    const role = new Role(stack, 'User', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    grant(photos, role);
    const using = statementsOf(stack, 'User').filter(({ Resource }) => Resource === dropKey);
    expect(using).toEqual([expect.objectContaining({ Effect: 'Allow', Action: actions })]);
    expect(JSON.stringify(using)).toMatch(throughS3);
  });

  it.each([
    ['upload', (photos: InceptionBatch, role: Role) => photos.grantUpload(role)],
    ['submit', (photos: InceptionBatch, role: Role) => photos.grantSubmit(role)],
  ])('grants the created key to a role that may %s', (_, grant) => {
    const stack = new Stack(emptyApp(), 'Photos');
    const photos = new InceptionBatch(stack, 'Pipeline', { classifier: 'lambda', customerKey: true });
    const role = new Role(stack, 'User', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    grant(photos, role);
    const actions = statementsOf(stack, 'User').flatMap(({ Action }) => Action);
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey*']) expect(actions).toContain(action);
  });

  it('has metrics with the namespace of its stage', () => {
    const stack = new Stack(emptyApp(), 'Photos');
    const photos = new InceptionBatch(stack, 'Pipeline', { stage: 'photos', classifier: 'lambda' });
    expect(photos.metricImagesStored()).toMatchObject({
      namespace: 'inception-batch/photos',
      metricName: 'ImagesStored',
    });
    expect(photos.metricImagesStored({ statistic: 'Average' }).statistic).toBe('Average');
    for (const metric of [photos.metricImagesSent(), photos.metricUploadsBacklog(), photos.metricCropsBacklog()])
      expect(metric.dimensions).toBeDefined();
    expect(photos.metricUploadToRow().statistic).toBe('Maximum');
  });

  it.each<[string, InceptionBatchProps & Readonly<Record<string, unknown>>, string]>([
    ['a negative number', { maxWorkers: -1 }, 'maxWorkers: -1 is invalid: give a whole number from 1 to 500'],
    ['an unknown name', { workers: 3 }, 'workers is not a setting: choose from stage, '],
    ['a missing model', { model: '/no/model' }, 'model "/no/model" is not a model directory'],
    ['a stage with spaces', { stage: 'my stage' }, 'stage: "my stage" is invalid: give the name of the deployment'],
    ['subnets without a VPC', { vpcSubnets: {} }, 'give vpc with vpcSubnets'],
    ['Spot for a function', { classifier: 'lambda', spotPercent: 5 }, 'omit spotPercent: no effect with'],
  ])('rejects %s in one line', (_, props, expected) => {
    const make = () => new InceptionBatch(new Stack(emptyApp(), 'Photos'), 'Pipeline', props);
    expect(make).toThrow(expected);
    expect(make).toThrow(/^wrong settings: [^\n]+$/);
  });

  it.each<[string, (stack: Stack) => Readonly<Record<string, unknown>>, string]>([
    [
      'a bucket by its name',
      () => ({ dropBucket: 'my-photos' }),
      'dropBucket is not an object of the CDK: give it such',
    ],
    [
      'a topic by its ARN',
      () => ({ alarmTopic: 'arn:aws:sns:eu-west-1:1:t' }),
      'alarmTopic is not an object of the CDK',
    ],
    ['a VPC by its id', () => ({ vpc: 'vpc-0123456789abcdef0' }), 'vpc is not an object of the CDK'],
    [
      'a bucket of another region',
      (stack) => ({
        dropBucket: Bucket.fromBucketAttributes(stack, 'Far', { bucketName: 'far', region: 'us-east-1' }),
      }),
      'dropBucket is in the region us-east-1: give one in eu-west-1, as the stack is',
    ],
    [
      'a topic of another region',
      (stack) => ({ alarmTopic: Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:123456789012:alarms') }),
      'alarmTopic is in the region us-east-1: give one in eu-west-1',
    ],
    [
      'a key of another region',
      (stack) => ({
        dropBucket: Bucket.fromBucketName(stack, 'Drop', 'my-photos'),
        dropKey: dropKey.replace('eu-west-1', 'us-east-1'),
      }),
      'dropKey is in the region us-east-1: give the key of the bucket, in eu-west-1',
    ],
    [
      'a bucket of another stack that is not its construct',
      (stack) => ({ dropBucket: Bucket.fromCfnBucket(new CfnBucket(new Stack(stack.node.root, 'Other'), 'Drop')) }),
      'dropBucket is created in the stack Other: create it in this one',
    ],
    ['a prefix that is a token', () => ({ dropPrefix: Aws.REGION }), 'dropPrefix is a token, which is known only'],
    ['a number that is a token', () => ({ maxWorkers: Token.asNumber(Aws.REGION) }), 'maxWorkers is a token'],
    ['a list that is a token', () => ({ instanceTypes: Token.asList(Aws.REGION) }), 'instanceTypes is a token'],
  ])('rejects %s in one line', (_, props, expected) => {
    const env = { account: '123456789012', region: 'eu-west-1' };
    const stack = new Stack(emptyApp(), 'Photos', { env });
    const make = () => new InceptionBatch(stack, 'Pipeline', props(stack));
    expect(make).toThrow(expected);
  });

  it('takes a key of the same app as dropKey', () => {
    const stack = new Stack(emptyApp(), 'Photos');
    const key = new Key(stack, 'DropKey');
    const dropBucket = Bucket.fromBucketName(stack, 'Drop', 'my-photos');
    new InceptionBatch(stack, 'Pipeline', { classifier: 'lambda', dropBucket, dropKey: key.keyArn });
    const using = statementsOf(stack, 'PipelineIngest').filter(({ Action }) => Action === 'kms:Decrypt');
    expect(using.map(({ Resource }) => Resource)).toEqual([stack.resolve(key.keyArn)]);
  });

  it('takes an existing bucket with an old name, with upper case and underscores', () => {
    const { dropBucket = '' } = parseStage('old', { dropBucket: 'My_Photos' });
    const stack = new Stack(emptyApp(), 'Photos');
    const bucket = Bucket.fromBucketName(stack, 'Drop', dropBucket);
    expect(() => new InceptionBatch(stack, 'Pipeline', { classifier: 'lambda', dropBucket: bucket })).not.toThrow();
  });

  it('rejects a second pipeline that watches the same keys, and takes one for others', () => {
    const stack = new Stack(emptyApp(), 'Photos');
    const dropBucket = Bucket.fromBucketName(stack, 'Drop', 'my-photos');
    const watch = (stage: string, dropPrefix: string) =>
      new InceptionBatch(stack, stage, { stage, classifier: 'lambda', dropBucket, dropPrefix });
    watch('photos', 'in/');
    expect(() => watch('jpegs', 'in/jpeg/')).toThrow(
      'wrong settings: Photos/photos watches "in/" of this dropBucket: give dropPrefixes that do not overlap',
    );
    expect(() => watch('scans', 'scans/')).not.toThrow();
  });

  it('rejects a second pipeline with the same stage', () => {
    const stack = new Stack(emptyApp(), 'Photos');
    new InceptionBatch(stack, 'One', { stage: 'photos', classifier: 'lambda' });
    expect(() => new InceptionBatch(stack, 'Two', { stage: 'photos', classifier: 'lambda' })).toThrow(
      'wrong settings: Photos/One has the stage "photos" already: give another stage',
    );
  });
});

const policySchema = z.object({
  Properties: z.object({
    PolicyDocument: z.object({ Statement: z.array(z.looseObject({ Action: z.unknown(), Resource: z.unknown() })) }),
  }),
});

/** What the role with an id may do. */
function statementsOf(stack: Stack, id: string) {
  const policies = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const found = policies.filter(([name]) => name.startsWith(id));
  return found.flatMap(([, policy]) => policySchema.parse(policy).Properties.PolicyDocument.Statement);
}
