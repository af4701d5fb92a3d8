import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { freePort } from '../support/listen.ts';
import { startAws, type TestAws } from '../support/start-aws.ts';
import { account, assumedRole, region } from './account.ts';
import { EventSourceMapping, mappingSchema } from './event-source-mapping.ts';
import { type Environment, FunctionPool } from './function-pool.ts';
import { type Credentials, Gateway } from './gateway.ts';
import { Authorizer, type Principal } from './iam/authorizer.ts';
import { policiesOf } from './iam/policies.ts';
import { notStoodUp, reasonAgainst, stoodUp } from './not-stood-up.ts';
import { Notifications } from './notifications.ts';
import { ruleSchema, Schedule } from './schedule.ts';
import { type Assembly, resourcesOf, type Template } from './template/read-template.ts';
import { referencesAt } from './template/references.ts';
import { intrinsicsOf, type Resolve } from './template/resolve-intrinsics.ts';
import type { WorkerService } from './worker-service.ts';
import { openWorkers } from './workers.ts';

/** What a function is started with, as its resource says. */
export interface FunctionOptions {
  /** Folder of its asset. */
  readonly asset: string;
  readonly name: string;
  readonly handler: string;
  readonly credentials: Credentials;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  /** Size of `/tmp`. */
  readonly storageMegabytes: number;
  readonly timeoutSeconds: number;
}

export interface StandUpOptions {
  readonly assembly: Assembly;
  readonly startFunction: (options: FunctionOptions) => Promise<Environment>;
  /** Buckets that exist before the deployment; their objects have versions. */
  readonly existingBuckets?: readonly string[];
  /** Installs the image's packages, and returns the folder in which its command runs. */
  readonly installImage: (folder: string) => string;
}

export interface StoodUp {
  readonly template: Template;
  readonly authorizer: Authorizer;
  readonly gateway: Gateway;
  /** The emulator without the gateway: for what nobody's permission is needed, such as looking at the end. */
  readonly admin: TestAws;
  /** By logical id. */
  readonly functions: ReadonlyMap<string, FunctionPool>;
  readonly mappings: readonly EventSourceMapping[];
  readonly schedules: readonly Schedule[];
  readonly workers: WorkerService | undefined;
  output(name: string): string;
  /** What went wrong so far, by name: refused accesses, failed invocations, requests that nothing here answers. */
  problems(): string[];
  /** Clients and credentials of someone outside of the template. */
  as(principal: Principal): { readonly s3: S3Client; readonly sqs: SQSClient; readonly credentials: Credentials };
  close(): Promise<void>;
}

/** Windows of the template take a twentieth of their time. */
const hurry = 20;
/** One per core of this machine; Lambda would start more. */
const pollers = 2;

const queueSchema = z.strictObject({
  VisibilityTimeout: z.int().optional(),
  MessageRetentionPeriod: z.int(),
  SqsManagedSseEnabled: z.boolean().optional(),
  KmsMasterKeyId: z.string().optional(),
  KmsDataKeyReusePeriodSeconds: z.int().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }).optional(),
  Tags: z.unknown().optional(),
});
const functionSchema = z.looseObject({
  Code: z.looseObject({ S3Key: z.string().optional() }),
  Handler: z.string(),
  Role: z.string(),
  Timeout: z.int(),
  MemorySize: z.int(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
  EphemeralStorage: z.object({ Size: z.int() }).default({ Size: 512 }),
  LoggingConfig: z.looseObject({ LogGroup: z.string() }).optional(),
});

/**
 * Stands up a synthesized template on this machine: its buckets and queues in an emulator, its functions and workers as
 * processes, and between them a gateway that enforces its policies.
 * @throws {Error} for a resource that is neither stood up nor listed with a reason
 */
export async function standUp({
  assembly,
  startFunction,
  installImage,
  existingBuckets = [],
}: StandUpOptions): Promise<StoodUp> {
  const { template, files } = assembly;
  checkTypes(template);
  const admin = await startAws();
  const port = Number(await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const resolve = intrinsicsOf(template, { region, account }, referencesAt({ region, account, endpoint }));
  const authorizer = new Authorizer(policiesOf(template, resolve), account);
  const queueUrl = (arn: string) => `${endpoint}/${account}/${arn.split(':').at(-1)}`;
  const notifications = new Notifications({ region, account, authorizer, sqs: admin.sqs, queueUrl });
  let workers: WorkerService | undefined;
  const gateway = await Gateway.start(port, {
    ...{ region, account, emulator: admin.endpoint, authorizer },
    versioned: new Set(existingBuckets),
    onObjectChange: (change) => notifications.notify(change),
    services: {
      ecs: async (request) => {
        if (workers === undefined) throw new Error('the template has no service of ECS');
        return workers.answer(request);
      },
    },
  });
  const clients: { destroy(): void }[] = [];
  const as = (principal: Principal) => {
    const credentials = gateway.credentialsOf(principal);
    const options = { endpoint, region, credentials };
    const made = {
      s3: new S3Client({ ...options, forcePathStyle: true }),
      sqs: new SQSClient({ ...options, useQueueUrlAsEndpoint: false }),
      credentials,
    };
    clients.push(made.s3, made.sqs);
    return made;
  };

  await makeBuckets(template, resolve, admin, existingBuckets);
  await makeQueues(template, resolve, admin);
  await deployModels(assembly, resolve, admin);
  for (const { Properties } of resourcesOf(template, 'Custom::S3BucketNotifications')) {
    const { BucketName, NotificationConfiguration } = z
      .looseObject({ BucketName: z.string(), NotificationConfiguration: z.unknown() })
      .parse(resolve(Properties));
    await notifications.configure(BucketName, NotificationConfiguration);
  }

  const functions = new Map<string, FunctionPool>();
  const aws = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  for (const { id, Properties } of resourcesOf(template, 'AWS::Lambda::Function')) {
    if (reasonAgainst(id) !== undefined) continue;
    const { Code, Handler, Role, Timeout, MemorySize, Environment, LoggingConfig, EphemeralStorage } =
      functionSchema.parse(resolve(Properties));
    const asset = files.get(Code.S3Key ?? '');
    if (asset === undefined) throw new Error(`the asset of ${id} is missing`);
    const principal = assumedRole(Role, id);
    const credentials = gateway.credentialsOf(principal);
    functions.set(
      id,
      new FunctionPool({
        ...{ name: id, principal, authorizer },
        logGroup: `arn:aws:logs:${region}:${account}:log-group:${LoggingConfig?.LogGroup}`,
        start: () =>
          startFunction({
            ...{ asset, name: id, credentials, handler: Handler, memoryMegabytes: MemorySize, timeoutSeconds: Timeout },
            storageMegabytes: EphemeralStorage.Size,
            environment: { ...Environment.Variables, ...aws },
          }),
      }),
    );
  }
  const functionOf = (reference: string): FunctionPool => {
    const found = functions.get(reference.split(':').at(-1) ?? '');
    if (found === undefined) throw new Error(`${reference} is not a function that stands up`);
    return found;
  };
  const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => {
    const mapping = mappingSchema.parse(resolve(Properties));
    const polled = functionOf(mapping.FunctionName);
    const { sqs } = as(polled.principal);
    return new EventSourceMapping({
      ...{ mapping, sqs, admin: admin.sqs, pollers, hurry, region },
      queueUrl: queueUrl(mapping.EventSourceArn),
      function: polled,
    });
  });
  const schedules = resourcesOf(template, 'AWS::Events::Rule').flatMap(({ id, Properties }) => {
    const { ScheduleExpression, ...rule } = ruleSchema.parse(resolve(Properties));
    if (ScheduleExpression === undefined || rule.State === 'DISABLED') return [];
    const arn = `arn:aws:events:${region}:${account}:rule/${id}`;
    return [new Schedule(arn, { ...rule, ScheduleExpression }, functionOf, authorizer)];
  });
  workers = await openWorkers({ assembly, resolve, authorizer, gateway, aws, installImage, region, account });
  for (const mapping of mappings) mapping.start();

  return {
    ...{ template, authorizer, gateway, admin, functions, mappings, schedules, workers, as },
    output(name) {
      const output = template.Outputs[name];
      if (output === undefined) throw new Error(`the template has no output ${name}`);
      return String(resolve(output.Value));
    },
    problems: () => [
      ...authorizer.denials.map(({ principal, action, resource }) => `${principal} may not ${action} on ${resource}`),
      ...mappings.flatMap(({ errors }) => errors),
      ...gateway.errors.map(({ message }) => message),
    ],
    async close() {
      await Promise.all(mappings.map((mapping) => mapping.stop()));
      await workers?.close();
      for (const pool of functions.values()) await pool.stop();
      for (const client of clients) client.destroy();
      await gateway.close();
    },
  };
}

function checkTypes(template: Template): void {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  const unknown = [...types].filter((type) => !stoodUp.has(type) && !(type in notStoodUp));
  if (unknown.length > 0) {
    throw new Error(`stand up ${unknown.join(', ')}, or list it with a reason in test/cloud/not-stood-up.ts`);
  }
}

async function makeBuckets(
  template: Template,
  resolve: Resolve,
  { s3 }: TestAws,
  existing: readonly string[],
): Promise<void> {
  const made = resourcesOf(template, 'AWS::S3::Bucket').map(({ id }) => String(resolve({ Ref: id })));
  for (const Bucket of [...existing, ...made]) await s3.send(new CreateBucketCommand({ Bucket }));
}

async function makeQueues(template: Template, resolve: Resolve, { sqs }: TestAws): Promise<void> {
  for (const { id, Properties } of resourcesOf(template, 'AWS::SQS::Queue')) {
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = queueSchema.parse(resolve(Properties));
    const Attributes = {
      MessageRetentionPeriod: String(MessageRetentionPeriod),
      ...(VisibilityTimeout === undefined ? {} : { VisibilityTimeout: String(VisibilityTimeout) }),
      ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
    };
    await sqs.send(new CreateQueueCommand({ QueueName: id, Attributes }));
  }
}

/** Copies the files of models, as the CDK's function does. */
async function deployModels({ template, files }: Assembly, resolve: Resolve, { s3 }: TestAws): Promise<void> {
  for (const { Properties } of resourcesOf(template, 'Custom::CDKBucketDeployment')) {
    const { SourceObjectKeys, DestinationBucketName, DestinationBucketKeyPrefix } = z
      .looseObject({
        SourceObjectKeys: z.array(z.string()),
        DestinationBucketName: z.string(),
        DestinationBucketKeyPrefix: z.string(),
      })
      .parse(resolve(Properties));
    for (const key of SourceObjectKeys) {
      const folder = files.get(key);
      if (folder === undefined) throw new Error(`the asset ${key} is missing`);
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const Key = `${DestinationBucketKeyPrefix}/${relative(folder, path)}`;
        await s3.send(new PutObjectCommand({ Bucket: DestinationBucketName, Key, Body: readFileSync(path) }));
      }
    }
  }
}
