import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { classifyEnvironment, workerEnvironment } from '../../lambdas/classify/config.ts';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { jobsEnvironment } from '../../lambdas/jobs/config.ts';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { environments, statements } from './statements.ts';
import { model, resources, type Synthesized, synthesize } from './synthesize.ts';

const functionSchema = z.object({ Architectures: z.array(z.string()).optional(), Runtime: z.string() });

describe('functions and workers', () => {
  const gpu = synthesize({ model });
  const lambda = synthesize({ model, classifier: 'lambda' });

  it('have an environment that their programs accept', () => {
    for (const made of [gpu, lambda]) {
      const ingest = environments(made).find(({ MODEL_MANIFEST }) => MODEL_MANIFEST !== undefined);
      expect(readEnvironment(ingestEnvironment, texts(ingest))).toMatchObject({
        TRANSPORT: 'auto',
        MAX_ATTEMPTS: maxAttempts,
      });
      expect(texts(ingest)['MODEL_MANIFEST']).toMatch(
        /^s3:\/\/bucketsmodels\/fashion-mnist@[0-9a-f]{12}\/manifest\.json$/,
      );
    }
    const jobs = environments(gpu).find(
      (variables) => Object.keys(variables).toSorted().join() === 'METRICS_NAMESPACE,RESULTS',
    );
    expect(readEnvironment(jobsEnvironment, texts(jobs))).toEqual({
      RESULTS: 's3://bucketsresults',
      WORK_FOLDER: '/tmp',
    });
    const classify = environments(lambda).find(({ THREADS }) => THREADS !== undefined);
    expect(readEnvironment(classifyEnvironment, texts(classify))).toMatchObject({ BATCH_SIZE: 8, THREADS: 2 });
    const worker = readEnvironment(workerEnvironment, workerTexts(gpu));
    expect(worker).toMatchObject({ BATCH_SIZE: 64, REQUIRE_GPU: true, HEALTH_PORT: 8080 });
    expect(worker.MODEL_ID).toMatch(/^fashion-mnist@/);
    expect(worker.MODEL.endsWith(`/${worker.MODEL_ID}`)).toBe(true);
  });

  it('are deployed after the model that they read', () => {
    for (const made of [gpu, lambda]) {
      const [deployment] = resources(made, 'Custom::CDKBucketDeployment');
      expect(deployment?.Properties['DestinationBucketKeyPrefix']).toMatch(/^fashion-mnist@[0-9a-f]{12}$/);
      const readers = ['AWS::ECS::Service', 'AWS::Lambda::Function']
        .flatMap((type) => resources(made, type))
        .filter(({ id }) => /^(Ingest|Classify|Workers)/.test(id));
      expect(readers).toHaveLength(2);
      for (const { DependsOn } of readers) expect(DependsOn).toContain(deployment?.id);
    }
  });

  it('run on the architecture that their packages are installed for', () => {
    for (const { Properties } of [gpu, lambda].flatMap((made) => pipelineFunctions(made))) {
      expect(functionSchema.parse(Properties)).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
    }
  });

  it('are granted exactly the actions that they need', () => {
    expect(grantsOf(gpu, /^IngestFunctionRole/)).toEqual([
      'ecs:DescribeServices service/WorkersCluster/workers',
      'ecs:UpdateService service/WorkersCluster/workers',
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
    expect(grantsOf(gpu, /^WorkersTaskDefinitionTaskRole/)).toEqual([
      'ecs:UpdateTaskProtection task/WorkersCluster/*',
      's3:GetObject BucketsModels/*',
      's3:GetObject BucketsResults/packed/*',
      's3:ListBucket BucketsResults',
      's3:PutObject BucketsResults/regions/*',
      's3:PutObject BucketsResults/results/*',
      'sqs:ChangeMessageVisibility QueuesCrops',
      'sqs:DeleteMessage QueuesCrops',
      'sqs:GetQueueAttributes QueuesCrops',
      'sqs:ReceiveMessage QueuesCrops',
    ]);
    expect(grantsOf(gpu, /^JobsFunctionRole/).filter((action) => !/^(xray|logs):/.test(action))).toEqual([
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
    expect(grantsOf(lambda, /^ClassifyFunctionRole/).filter((action) => !/^(xray|logs):/.test(action))).toEqual([
      's3:GetObject BucketsModels/*',
      's3:GetObject BucketsResults/packed/*',
      's3:ListBucket BucketsResults',
      's3:PutObject BucketsResults/regions/*',
      's3:PutObject BucketsResults/results/*',
      'sqs:ChangeMessageVisibility QueuesCrops',
      'sqs:DeleteMessage QueuesCrops',
      'sqs:GetQueueAttributes QueuesCrops',
      'sqs:GetQueueUrl QueuesCrops',
      'sqs:ReceiveMessage QueuesCrops',
    ]);
  });
});

function pipelineFunctions(made: Synthesized) {
  return resources(made, 'AWS::Lambda::Function').filter(({ id }) => /^(Ingest|Classify|Jobs)/.test(id));
}

/** Values as a deployed program sees them: references become the lower-case names of their resources. */
function texts(values: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, flat(value, 'lower')]));
}

function workerTexts(made: Synthesized): Record<string, string> {
  const schema = z.object({
    ContainerDefinitions: z.tuple([
      z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
    ]),
  });
  const [container] = schema.parse(resources(made, 'AWS::ECS::TaskDefinition')[0]?.Properties).ContainerDefinitions;
  return texts(Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])));
}

/** `action resource` for everything that a role may do; references are logical ids without their hashes. */
function grantsOf(made: Synthesized, role: RegExp): string[] {
  const allowed = statements(made).filter(({ id, Effect }) => role.test(id) && Effect === 'Allow');
  const all = allowed.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${shortName(flat(resource))}`)),
  );
  return [...new Set(all)].toSorted();
}

function shortName(arn: string): string {
  return arn.replace(/^arn:.*:ecs:.*:(task|service)\//, '$1/');
}

/** A value of the template as text; a reference becomes its logical id without the hash. */
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
