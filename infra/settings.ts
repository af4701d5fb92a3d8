import { z } from 'zod';
import { transports } from '../shared/crops/transport.ts';
import {
  defaultBatchSize,
  defaultImagesPerWorker,
  defaultMaxWorkers,
  defaultMessageDays,
  megabytesPerCore,
} from '../shared/deployment/defaults.ts';
import { descriptionOf } from '../shared/deployment/environment.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { cropsPerImage } from '../shared/models/model-manifest.ts';

/** Containers on GPU instances, or a function on CPUs for small volumes. */
const classifiers = ['gpu', 'lambda'] as const;
/** How workers reach AWS: public addresses without inbound access, interface endpoints, or a NAT gateway. */
const egresses = ['public', 'endpoints', 'nat'] as const;

/** The retention periods that CloudWatch Logs offers, days. */
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Batches are padded to powers of two. */
const powersOfTwo = Array.from({ length: 11 }, (_, power) => String(2 ** power));

/** x86-64 types with one NVIDIA GPU that CUDA 12 supports. Workers use the host's network, so only one fits on an instance. */
const gpuInstance = /^((g4dn|g5|g6|g6e)\.(2|4|8|16)?xlarge|gr6\.[48]xlarge|p3\.2xlarge|p5\.4xlarge)$/;

/** Values are strings if given by `-c`, and may have any type in `cdk.json`. */
const contextValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const settingsSchema = z.object({
  stage: text(
    /^[a-z][a-z0-9-]{0,19}$/,
    'the name of the deployment, up to 20 characters of a-z, 0-9 and -, starting with a letter',
  ).default('dev'),
  production: flag('true to keep buckets and their contents when the stack is destroyed').optional(),
  model: text(/./, 'the folder of a model directory to deploy').optional(),
  classifier: choice(classifiers).default('gpu'),
  instanceTypes: list(
    gpuInstance,
    'EC2 types on x86-64 with one NVIDIA GPU (g4dn, g5, g6 and g6e up to 16xlarge except 12xlarge, gr6, p3.2xlarge, p5.4xlarge)',
  ).default(['g6.xlarge', 'g5.xlarge', 'g4dn.xlarge']),
  spotPercent: count(0, 100).default(100),
  maxWorkers: count(1, 500).default(defaultMaxWorkers),
  imagesPerWorker: count(1000, 100_000_000).default(defaultImagesPerWorker),
  batchSize: choice(powersOfTwo).default(String(defaultBatchSize('cuda'))),
  crops: choice(Object.values(cropsPerImage).map(String)).default('1'),
  transport: choice(transports).default('auto'),
  ingestConcurrency: count(2, 1000).default(50),
  ingestMemory: count(512, 10_240).default(megabytesPerCore),
  messageDays: count(1, 14).default(defaultMessageDays),
  logDays: count(1, 3653)
    .refine((days) => logDays.includes(days))
    .describe(`one of ${logDays.join(', ')}`)
    .default(30),
  alarmEmail: text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address').optional(),
  dropBucket: text(
    /^[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/,
    'the name of an existing bucket, without s3://',
  ).optional(),
  dropPrefix: text(/^[^/*?][^*?]*$/, 'a key prefix that does not start with / and contains no * or ?').optional(),
  vpc: text(/^vpc-[0-9a-f]{8,17}$/, 'the id of an existing VPC, such as vpc-0123456789abcdef0').optional(),
  subnets: list(/^subnet-[0-9a-f]{8,17}$/, 'ids of subnets of that VPC that can reach AWS').optional(),
  egress: choice(egresses).default('public'),
  paused: flag('true to leave uploads in their queue').default(false),
});

/** The settings of a deployment, from `cdk.json` and `-c name=value`; docs/deploy.md explains each. */
export type Settings = Readonly<z.output<typeof settingsSchema>> & { readonly production: boolean };

/** The CDK's own context keys (feature flags, lookups) contain one of these; settings do not. */
const cdkKey = /[@:/-]/;

/**
 * Settings from the CDK's context.
 * @throws {UserError} one line that names every fault and says what to give instead
 */
export function parseSettings(context: Readonly<Record<string, unknown>>): Settings {
  const given = Object.entries(context).filter(([name]) => !cdkKey.test(name));
  const known = Object.keys(settingsSchema.shape);
  const unknown = given
    .filter(([name]) => !known.includes(name))
    .map(([name]) => `${name} is not a setting: choose from ${known.join(', ')}`);
  const parsed = settingsSchema.safeParse(Object.fromEntries(given));
  const invalid = parsed.error?.issues.map(({ path }) => describeFault(String(path[0]), context)) ?? [];
  const faults = [...unknown, ...new Set(invalid)];
  if (!parsed.success || faults.length > 0) throw new UserError(`wrong settings: ${faults.join('; ')}`);
  const settings = { ...parsed.data, production: parsed.data.production ?? parsed.data.stage === 'prod' };
  checkCombinations(settings);
  if (settings.classifier === 'lambda') rejectWorkerSettings(given.map(([name]) => name));
  return Object.freeze(settings);
}

/** @throws {UserError} if two settings contradict each other */
function checkCombinations({ classifier, maxWorkers, vpc, subnets, egress }: Settings): void {
  if ((vpc === undefined) !== (subnets === undefined)) {
    throw new UserError(`wrong settings: give vpc and subnets together; missing: ${vpc ? 'subnets' : 'vpc'}`);
  }
  if (vpc !== undefined && egress !== 'public') {
    throw new UserError(
      `wrong settings: omit egress=${egress} when vpc is given: it applies only to a VPC that is created here`,
    );
  }
  if (classifier === 'lambda' && maxWorkers < 2) {
    throw new UserError('wrong settings: give maxWorkers of at least 2 with classifier=lambda');
  }
}

const workerSettings = ['instanceTypes', 'spotPercent', 'imagesPerWorker', 'batchSize', 'vpc', 'subnets', 'egress'];

/** @throws {UserError} if a setting has no effect with `classifier=lambda` */
function rejectWorkerSettings(given: readonly string[]): void {
  const unused = given.filter((name) => workerSettings.includes(name));
  if (unused.length === 0) return;
  throw new UserError(`wrong settings: omit ${unused.join(' and ')}: no effect with classifier=lambda`);
}

function describeFault(name: string, context: Readonly<Record<string, unknown>>): string {
  const field: unknown = Object.entries(settingsSchema.shape).find(([key]) => key === name)?.[1];
  const valid = field instanceof z.ZodType ? descriptionOf(field) : undefined;
  return `${name}=${String(context[name])} is invalid: give ${valid ?? 'another value'}`;
}

function text(pattern: RegExp, description: string) {
  return contextValue.pipe(z.string().regex(pattern)).describe(description);
}

function choice<const T extends string>(values: readonly T[]) {
  return contextValue.pipe(z.enum(values)).describe(`${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
}

function count(min: number, max: number) {
  return contextValue
    .pipe(z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)))
    .describe(`a whole number from ${min} to ${max}`);
}

function flag(description: string) {
  return contextValue
    .pipe(z.enum(['true', 'false']))
    .transform((value) => value === 'true')
    .describe(`${description}, or false`);
}

function list(pattern: RegExp, description: string) {
  return contextValue
    .transform((value) => value.split(',').map((entry) => entry.trim()))
    .pipe(z.array(z.string().regex(pattern)).min(1))
    .refine((entries) => new Set(entries).size === entries.length)
    .describe(`${description}, each once`);
}
