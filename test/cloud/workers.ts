import { z } from 'zod';
import type { Gateway } from './gateway.ts';
import { assumeRole } from './iam/assume-role.ts';
import type { Authorizer } from './iam/authorizer.ts';
import { type Assembly, resourcesOf } from './template/read-template.ts';
import type { Resolve } from './template/resolve-intrinsics.ts';
import { WorkerService } from './worker-service.ts';

export interface OpenWorkersOptions {
  readonly assembly: Assembly;
  readonly resolve: Resolve;
  readonly authorizer: Authorizer;
  readonly gateway: Gateway;
  /** Where AWS is. */
  readonly aws: Readonly<Record<string, string>>;
  readonly installImage: (folder: string) => string;
  readonly region: string;
  readonly account: string;
  /** Receives the events of ECS about tasks that have stopped. */
  readonly onStopped: (event: Readonly<Record<string, unknown>>) => Promise<void>;
}

const definitionSchema = z.looseObject({
  TaskRoleArn: z.string(),
  ContainerDefinitions: z.tuple([
    z.looseObject({
      Image: z.string(),
      User: z.string().default('1000:1000'),
      ReadonlyRootFilesystem: z.literal(true),
      Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
    }),
  ]),
});
const targetSchema = z.looseObject({ MaxCapacity: z.int() });

/**
 * The only changes to the container: this machine has no GPU. Everything else is the task definition's, and what the
 * Dockerfile sets for the CPU image.
 */
const withoutGpu = { ACCELERATOR: 'cpu', REQUIRE_GPU: 'false' };
const dockerfileEnvironment = { NODE_ENV: 'production', UV_THREADPOOL_SIZE: '16', ORT_DISABLE_TELEMETRY: '1' };

/** Opens the service of workers; undefined if the template has none. */
export async function openWorkers({
  assembly: { template, images },
  installImage,
  ...options
}: OpenWorkersOptions): Promise<WorkerService | undefined> {
  const { resolve, gateway, aws, authorizer } = options;
  const [service] = resourcesOf(template, 'AWS::ECS::Service');
  const [definition] = resourcesOf(template, 'AWS::ECS::TaskDefinition');
  const [cluster] = resourcesOf(template, 'AWS::ECS::Cluster');
  const [target] = resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalableTarget');
  if (!service) return undefined;
  if (!definition || !cluster || !target)
    throw new Error(`${service.id} has no task definition, cluster or scalable target`);
  const { TaskRoleArn, ContainerDefinitions } = definitionSchema.parse(resolve(definition.Properties));
  const [{ Image, User, Environment }] = ContainerDefinitions;
  const staged = images.get(Image.split(':').at(-1) ?? '');
  if (staged === undefined) throw new Error(`the build folder of ${Image} is missing`);
  const [uid = 0, gid = 0] = User.split(':').map(Number);
  const principal = await assumeRole(authorizer, 'ecs-tasks.amazonaws.com', { role: TaskRoleArn, session: 'worker' });
  return WorkerService.open({
    ...options,
    ...{ principal, credentials: gateway.credentialsOf(principal) },
    cluster: String(resolve({ Ref: cluster.id })),
    service: String(resolve({ 'Fn::GetAtt': [service.id, 'Name'] })),
    command: [process.execPath, 'main.mjs'],
    folder: installImage(staged),
    user: { uid, gid },
    maxWorkers: targetSchema.parse(resolve(target.Properties)).MaxCapacity,
    environment: {
      ...dockerfileEnvironment,
      ...Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])),
      ...withoutGpu,
      ...aws,
    },
  });
}
