import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { classifyEnvironment, workerEnvironment } from '../../lambdas/classify/config.ts';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { jobsEnvironment } from '../../lambdas/jobs/config.ts';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { environments, statements } from './statements.ts';
import { resources, type Synthesised, synthesise } from './synthesise.ts';

const model = join(temporaryFolder(), 'model');
await writeTinyModel(model);

const functionSchema = z.object({
  Timeout: z.number().default(3),
  Architectures: z.array(z.string()).optional(),
  Runtime: z.string(),
});

describe('what programs are given', () => {
  const gpu = synthesise({ model });
  const lambda = synthesise({ model, classifier: 'lambda' });

  it('is an environment that they take', () => {
    for (const made of [gpu, lambda]) {
      const ingest = environments(made).find(({ MODEL_MANIFEST }) => MODEL_MANIFEST !== undefined);
      expect(readEnvironment(ingestEnvironment, texts(ingest))).toMatchObject({
        TRANSPORT: 'auto',
        MAX_ATTEMPTS: maxAttempts,
      });
      expect(texts(ingest)['MODEL_MANIFEST']).toMatch(/^s3:\/\/bucketsmodels\/tiny@[0-9a-f]{12}\/manifest\.json$/);
    }
    const jobs = environments(gpu).find((own) => Object.keys(own).toSorted().join() === 'METRICS_NAMESPACE,RESULTS');
    expect(readEnvironment(jobsEnvironment, texts(jobs))).toEqual({
      RESULTS: 's3://bucketsresults',
      WORK_FOLDER: '/tmp',
    });
    const classify = environments(lambda).find(({ THREADS }) => THREADS !== undefined);
    expect(readEnvironment(classifyEnvironment, texts(classify))).toMatchObject({ BATCH_SIZE: 8, THREADS: 2 });
    const worker = readEnvironment(workerEnvironment, workerTexts(gpu));
    expect(worker).toMatchObject({ BATCH_SIZE: 64, REQUIRE_GPU: true, HEALTH_PORT: 8080 });
    expect(worker.MODEL_ID).toMatch(/^tiny@/);
    expect(worker.MODEL.endsWith(`/${worker.MODEL_ID}`)).toBe(true);
  });

  it('is the model, which is deployed before whatever reads it, under the prefix by which it is read', () => {
    for (const made of [gpu, lambda]) {
      const [deployment] = resources(made, 'Custom::CDKBucketDeployment');
      expect(deployment?.Properties['DestinationBucketKeyPrefix']).toMatch(/^tiny@[0-9a-f]{12}$/);
      const readers = ['AWS::ECS::Service', 'AWS::Lambda::Function']
        .flatMap((type) => resources(made, type))
        .filter(({ id }) => /^(Ingest|Classify|Workers)/.test(id));
      expect(readers).toHaveLength(2);
      for (const { DependsOn } of readers) expect(DependsOn).toContain(deployment?.id);
    }
  });

  it('is the processor that their packages were installed for', () => {
    for (const { Properties } of [gpu, lambda].flatMap((made) => ownFunctions(made))) {
      expect(functionSchema.parse(Properties)).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
    }
  });

  it('is leave to do what they do and nothing else', () => {
    expect(allowances(gpu, /^IngestFunctionRole/)).toEqual([
      'ecs:DescribeServices WorkersService',
      'ecs:UpdateService WorkersService',
      'logs:CreateLogStream IngestFunctionLog',
      'logs:PutLogEvents IngestFunctionLog',
      's3:GetObject BucketsDrop/*',
      's3:GetObject BucketsModels/*/manifest.json',
      's3:GetObjectVersion BucketsDrop/*',
      's3:ListBucket BucketsDrop',
      's3:PutObject BucketsResults/packed/*',
      's3:PutObject BucketsResults/results/*',
      'sqs:ChangeMessageVisibility QueuesUploads',
      'sqs:DeleteMessage QueuesUploads',
      'sqs:GetQueueAttributes QueuesCrops',
      'sqs:GetQueueAttributes QueuesUploads',
      'sqs:GetQueueUrl QueuesUploads',
      'sqs:ReceiveMessage QueuesUploads',
      'sqs:SendMessage QueuesCrops',
      'xray:PutTelemetryRecords *',
      'xray:PutTraceSegments *',
    ]);
    expect(allowances(gpu, /^WorkersTaskDefinitionTaskRole/)).toEqual([
      'ecs:GetTaskProtection task/WorkersCluster/*',
      'ecs:UpdateTaskProtection task/WorkersCluster/*',
      's3:GetObject BucketsModels/*',
      's3:GetObject BucketsResults/packed/*',
      's3:ListBucket BucketsResults',
      's3:PutObject BucketsResults/results/*',
      'sqs:ChangeMessageVisibility QueuesCrops',
      'sqs:DeleteMessage QueuesCrops',
      'sqs:GetQueueAttributes QueuesCrops',
      'sqs:ReceiveMessage QueuesCrops',
    ]);
    expect(allowances(gpu, /^JobsFunctionRole/).filter((allowed) => !/^(xray|logs):/.test(allowed))).toEqual([
      's3:DeleteObject BucketsResults/jobs/*',
      's3:GetObject BucketsResults/jobs/*',
      's3:GetObject BucketsResults/results/*',
      's3:ListBucket BucketsResults',
      's3:PutObject BucketsResults/jobs/*',
      'sqs:ChangeMessageVisibility QueuesParts',
      'sqs:DeleteMessage QueuesParts',
      'sqs:GetQueueAttributes QueuesParts',
      'sqs:GetQueueUrl QueuesParts',
      'sqs:ReceiveMessage QueuesParts',
    ]);
    expect(allowances(lambda, /^ClassifyFunctionRole/).filter((allowed) => !/^(xray|logs):/.test(allowed))).toEqual([
      's3:GetObject BucketsModels/*',
      's3:GetObject BucketsResults/packed/*',
      's3:ListBucket BucketsResults',
      's3:PutObject BucketsResults/results/*',
      'sqs:ChangeMessageVisibility QueuesCrops',
      'sqs:DeleteMessage QueuesCrops',
      'sqs:GetQueueAttributes QueuesCrops',
      'sqs:GetQueueUrl QueuesCrops',
      'sqs:ReceiveMessage QueuesCrops',
    ]);
  });
});

function ownFunctions(made: Synthesised) {
  return resources(made, 'AWS::Lambda::Function').filter(({ id }) => /^(Ingest|Classify|Jobs)/.test(id));
}

/** Values as a deployed program sees them: references are put by the beginning of what they name, in lower case. */
function texts(values: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, flat(value, 'lower')]));
}

function workerTexts(made: Synthesised): Record<string, string> {
  const schema = z.object({
    ContainerDefinitions: z.tuple([
      z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
    ]),
  });
  const [container] = schema.parse(resources(made, 'AWS::ECS::TaskDefinition')[0]?.Properties).ContainerDefinitions;
  return texts(Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])));
}

/** `action resource` for all that a role may do, references by their names without digests. */
function allowances(made: Synthesised, role: RegExp): string[] {
  const own = statements(made).filter(({ id, Effect }) => role.test(id) && Effect === 'Allow');
  const all = own.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${shortName(flat(resource))}`)),
  );
  return [...new Set(all)].toSorted();
}

function shortName(arn: string): string {
  return arn.replace(/^arn:.*:ecs:.*:task\//, 'task/');
}

/** A value of the template as text: a reference is the logical id that it names, without its digest. */
function flat(value: unknown, style?: 'lower'): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const reference = (id: unknown) => {
    const name = String(id).replace(/[0-9A-F]{8}$/, '');
    if (style !== 'lower') return name;
    return name.startsWith('Queues') ? `https://sqs/${name}` : name.replace('::', '-').toLowerCase();
  };
  if ('Ref' in value) return reference(value.Ref);
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return reference(value['Fn::GetAtt'][0]);
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts] = value['Fn::Join'];
    return Array.isArray(parts) ? parts.map((part) => flat(part, style)).join(String(separator)) : '';
  }
  return JSON.stringify(value);
}
