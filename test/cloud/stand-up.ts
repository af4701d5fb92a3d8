import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { atEnd } from '../support/at-end.ts';
import { freePort } from '../support/listen.ts';
import { startAws, type TestAws } from '../support/start-aws.ts';
import { account, type Credentials, region } from './account.ts';
import { ageResults, listKeys } from './age-results.ts';
import { deployModels, makeBuckets, makeQueues, purgeQueues } from './create-resources.ts';
import { EventSourceMapping, mappingSchema } from './event-source-mapping.ts';
import type { Environment, FunctionPool } from './function-pool.ts';
import { Gateway } from './gateway.ts';
import { Authorizer, type Principal } from './iam/authorizer.ts';
import { keysOf } from './iam/key-access.ts';
import { policiesOf, type Statement } from './iam/policies.ts';
import { notStoodUp, stoodUp } from './not-stood-up.ts';
import { Notifications } from './notifications.ts';
import { type FunctionOptions, openFunctions } from './open-functions.ts';
import { openRules } from './open-rules.ts';
import type { Schedule } from './schedule.ts';
import { type Assembly, resourcesOf, type Template } from './template/read-template.ts';
import { referencesAt } from './template/references.ts';
import { intrinsicsOf } from './template/resolve-intrinsics.ts';
import { until } from './until.ts';
import type { WorkerService } from './worker-service.ts';
import { openWorkers } from './workers.ts';

export interface StandUpOptions {
  readonly assembly: Assembly;
  readonly startFunction: (options: FunctionOptions) => Promise<Environment>;
  /** Buckets that exist before the deployment. */
  readonly existingBuckets?: readonly string[];
  /** ARNs of existing buckets and of the keys that encrypt them. */
  readonly encryptedBuckets?: Iterable<readonly [bucket: string, key: string]>;
  /** Whether an object of the drop bucket has a version. Default: none has. */
  readonly isVersioned?: (bucket: string, key: string) => boolean;
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
  readonly notifications: Notifications;
  readonly workers: WorkerService | undefined;
  output(name: string): string;
  /** Keys in the results bucket. */
  listResults(prefix: string): Promise<string[]>;
  /** Moves the results that were written today to yesterday. */
  ageResults(): Promise<void>;
  /** What went wrong so far, by name: refused accesses, failed invocations, requests that nothing here answers. */
  problems(): string[];
  /**
   * Ends the processes that have a role, and starts them again with empty queues, as after a deployment; forgets problems.
   * @param grant name of the grant that the new template lacks; none by default
   */
  redeploy(role: string, grant?: string): Promise<void>;
  /** Waits until a check passes. @throws {Error} as soon as there is a problem */
  until(check: () => Promise<void>): Promise<void>;
  /** Clients and credentials of someone outside of the template. */
  as(principal: Principal): { readonly s3: S3Client; readonly sqs: SQSClient; readonly credentials: Credentials };
}

/** The policy that KMS gives a key by default: policies of roles decide. */
const accountDecides: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${account}:root` },
  Action: ['kms:*'],
  Resource: ['*'],
};
/** Windows of the template take a twentieth of their time. */
const windowDivisor = 20;
/** One per core of this machine; Lambda would start more. */
const pollers = 2;

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
  isVersioned = () => false,
  encryptedBuckets = [],
}: StandUpOptions): Promise<StoodUp> {
  const { template } = assembly;
  checkTypes(template);
  const admin = await startAws();
  const port = Number(await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const resolve = intrinsicsOf(template, { region, account }, referencesAt({ region, account, endpoint }));
  const policies = policiesOf(template, resolve);
  const otherKeys = [...encryptedBuckets].map(([, key]) => [key, [accountDecides]] as const);
  const ofResources = new Map([...policies.ofResources, ...otherKeys]);
  const authorizer = new Authorizer({ ...policies, ofResources }, account);
  const keys = new Map([...keysOf(template, resolve), ...encryptedBuckets]);
  const queueUrl = (arn: string) => `${endpoint}/${account}/${arn.split(':').at(-1)}`;
  const notifications = new Notifications({ region, account, authorizer, keys, sqs: admin.sqs, queueUrl });
  let workers: WorkerService | undefined;
  const gateway = await Gateway.start(port, {
    ...{ region, account, emulator: admin.endpoint, authorizer, keys },
    isVersioned,
    notificationsOf: (bucket) => notifications.describe(bucket),
    onObjectChange: (change) => notifications.notify(change),
    services: {
      ecs: async (request) => {
        if (workers === undefined) throw new Error('the template has no service of ECS');
        return workers.answer(request);
      },
    },
  });
  const clients: { destroy(): void }[] = [];
  const functions = new Map<string, FunctionPool>();
  const mappings: EventSourceMapping[] = [];
  atEnd(async () => {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
    await workers?.close();
    for (const pool of functions.values()) await pool.stop();
    for (const client of clients) client.destroy();
    await gateway.close();
  });
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

  const aws = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  await openFunctions({ assembly, resolve, authorizer, gateway, aws, startFunction, functions });
  const functionOf = (reference: string): FunctionPool => {
    const found = functions.get(reference.split(':').at(-1) ?? '');
    if (found === undefined) throw new Error(`${reference} is not a function that stands up`);
    return found;
  };
  for (const { Properties } of resourcesOf(template, 'AWS::Lambda::EventSourceMapping')) {
    const mapping = mappingSchema.parse(resolve(Properties));
    const polled = functionOf(mapping.FunctionName);
    const { sqs } = as(polled.principal);
    mappings.push(
      new EventSourceMapping({
        ...{ mapping, sqs, admin: admin.sqs, pollers, windowDivisor, region },
        queueUrl: queueUrl(mapping.EventSourceArn),
        function: polled,
      }),
    );
  }
  const { schedules, eventRules } = openRules(template, resolve, { functionOf, authorizer });
  const eventErrors: string[] = [];
  const onStopped = async (event: Readonly<Record<string, unknown>>) => {
    const delivered = await Promise.allSettled(eventRules.map((rule) => rule.deliver(event)));
    for (const result of delivered) if (result.status === 'rejected') eventErrors.push(String(result.reason));
  };
  workers = await openWorkers({
    assembly,
    resolve,
    authorizer,
    gateway,
    aws,
    installImage,
    region,
    account,
    onStopped,
  });
  const problems = () => [
    ...authorizer.denials.map(({ principal, action, resource }) => `${principal} may not ${action} on ${resource}`),
    ...mappings.flatMap(({ errors }) => errors),
    ...gateway.errors.map(({ message }) => message),
    ...eventErrors,
  ];
  for (const mapping of mappings) mapping.start();

  const redeploy = async (role: string, grant?: string) => {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
    const affected = [...functions.values()].filter(({ principal }) => principal.role === role);
    await Promise.all(affected.map((pool) => pool.stop()));
    // Ingest starts the workers, as it does after an idle time.
    if (affected.length === 0 || affected.some(({ name }) => name.startsWith('Ingest'))) await workers?.scaleTo(0);
    if (affected.length === 0) for (const pool of functions.values()) await pool.stop();
    await purgeQueues(template, resolve, admin);
    authorizer.remove(grant);
    for (const mapping of mappings) mapping.start();
  };
  const output = (name: string) => {
    const found = template.Outputs[name];
    if (found === undefined) throw new Error(`the template has no output ${name}`);
    return String(resolve(found.Value));
  };
  const resultsBucket = () => output('ResultsStore').slice('s3://'.length);
  return {
    ...{ template, authorizer, gateway, admin, notifications, functions, mappings, schedules, workers, as },
    output,
    problems,
    listResults: (prefix) => listKeys(admin, resultsBucket(), prefix),
    ageResults: () => ageResults(admin, resultsBucket()),
    until: (check) =>
      until(check, { problems, running: () => [...functions.values()].flatMap((pool) => pool.running) }),
    redeploy,
  };
}

function checkTypes(template: Template): void {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  const unknown = [...types].filter((type) => !stoodUp.has(type) && !(type in notStoodUp));
  if (unknown.length > 0) {
    throw new Error(`stand up ${unknown.join(', ')}, or list it with a reason in test/cloud/not-stood-up.ts`);
  }
}
