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

/** What classifies: containers on GPU instances, or a function on CPUs for small volumes. */
export const classifiers = ['gpu', 'lambda'] as const;
/** How workers reach AWS: public addresses nobody can connect to, interface endpoints, or a NAT gateway. */
export const egresses = ['public', 'endpoints', 'nat'] as const;

/** Days for which CloudWatch can keep logs. */
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Batches are padded to powers of two. */
const powersOfTwo = Array.from({ length: 11 }, (_, power) => String(2 ** power));

/** Types on x86-64 with one NVIDIA GPU for which CUDA 12 is built: a worker has its host, and its port, for itself. */
const gpuInstance = /^((g4dn|g5|g6|g6e)\.(2|4|8|16)?xlarge|gr6\.[48]xlarge|p3\.2xlarge|p5\.4xlarge)$/;

/** A setting as `-c` gives it, a text, or as `cdk.json` may have it. */
const given = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const settingsSchema = z.object({
  stage: text(
    /^[a-z][a-z0-9-]{0,19}$/,
    'the name of this deployment: up to 20 of a-z, 0-9 and -, a letter first',
  ).default('dev'),
  production: flag('true to keep buckets and their contents when the stack is destroyed').optional(),
  model: text(/./, 'the folder of a model directory, which is deployed too').optional(),
  classifier: choice(classifiers, 'what classifies').default('gpu'),
  instanceTypes: list(
    gpuInstance,
    'EC2 types on x86-64 with one NVIDIA GPU (g4dn, g5, g6 and g6e up to 16xlarge without 12xlarge, gr6, p3.2xlarge, p5.4xlarge)',
  ).default(['g6.xlarge', 'g5.xlarge', 'g4dn.xlarge']),
  spotPercent: count(0, 100, 'the percentage of instances that are Spot').default(100),
  maxWorkers: count(1, 500, 'the most workers at the same time').default(defaultMaxWorkers),
  imagesPerWorker: count(1000, 100_000_000, 'waiting images that are worth a worker of their own').default(
    defaultImagesPerWorker,
  ),
  batchSize: choice(powersOfTwo, 'the most crops in a batch on a GPU').default(String(defaultBatchSize('cuda'))),
  crops: choice(Object.values(cropsPerImage).map(String), 'crops of each image').default('1'),
  transport: choice(transports, 'how crops go through their queue').default('auto'),
  ingestConcurrency: count(2, 1000, 'the most ingest functions at the same time').default(50),
  ingestMemory: count(512, 10_240, "an ingest function's memory in MB; 1769 are one core").default(megabytesPerCore),
  messageDays: count(1, 14, 'days for which crops wait and packed ones are kept; uploads wait for 14').default(
    defaultMessageDays,
  ),
  logDays: count(1, 3653, `days for which logs are kept, of ${logDays.join(' ')}`)
    .refine((days) => logDays.includes(days))
    .default(30),
  alarmEmail: text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'the address that alarms are sent to').optional(),
  dropBucket: text(
    /^[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/,
    'the bare name of a bucket that there is already',
  ).optional(),
  dropPrefix: text(
    /^[^/*?][^*?]*$/,
    'the only prefix whose uploads are classified, without * and ? and no / first',
  ).optional(),
  vpc: text(/^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC that there is already, as vpc-0123456789abcdef0').optional(),
  subnets: list(/^subnet-[0-9a-f]{8,17}$/, 'ids of its subnets, with a way out to AWS').optional(),
  egress: choice(egresses, 'how workers reach AWS').default('public'),
  paused: flag('true to leave uploads in their queue until it is deployed without').default(false),
});

/** How the pipeline is deployed: what `cdk.json` and `-c name=value` say. */
export type Settings = Readonly<z.output<typeof settingsSchema>> & { readonly production: boolean };

/** Names that the CDK keeps in the same place: feature flags, lookups and what it remembers all have one of these. */
const othersName = /[@:/-]/;

/**
 * Settings from the CDK's context.
 * @throws {UserError} one line that names all that is wrong, what was expected and what came
 */
export function parseSettings(context: Readonly<Record<string, unknown>>): Settings {
  const own = Object.entries(context).filter(([name]) => !othersName.test(name));
  const known = Object.keys(settingsSchema.shape);
  const unknown = own.filter(([name]) => !known.includes(name)).map(([name]) => `there is no setting ${name}`);
  const parsed = settingsSchema.safeParse(Object.fromEntries(own));
  const wrong = parsed.error?.issues.map(({ path }) => describeFault(String(path[0]), context)) ?? [];
  const faults = [...unknown.map((fault) => `${fault}, only ${known.join(', ')}`), ...new Set(wrong)];
  if (!parsed.success || faults.length > 0) throw new UserError(`wrong settings: ${faults.join('; ')}`);
  const settings = { ...parsed.data, production: parsed.data.production ?? parsed.data.stage === 'prod' };
  checkTogether(settings);
  if (settings.classifier === 'lambda') refuseUnused(own.map(([name]) => name));
  return Object.freeze(settings);
}

/** @throws {UserError} when two settings do not fit each other */
function checkTogether({ classifier, maxWorkers, vpc, subnets, egress }: Settings): void {
  if ((vpc === undefined) !== (subnets === undefined)) {
    throw new UserError(`wrong settings: expected vpc and subnets together, got only ${vpc ? 'vpc' : 'subnets'}`);
  }
  if (vpc !== undefined && egress !== 'public') {
    throw new UserError(
      `wrong settings: egress=${egress} is for a VPC made here; the given subnets of ${vpc} have their own`,
    );
  }
  if (classifier === 'lambda' && maxWorkers < 2) {
    throw new UserError(`wrong settings: maxWorkers should be at least 2 with classifier=lambda, it is ${maxWorkers}`);
  }
}

/** Settings that say something about GPU workers alone. */
const ofWorkers = ['instanceTypes', 'spotPercent', 'imagesPerWorker', 'batchSize', 'vpc', 'subnets', 'egress'];

/** @throws {UserError} for what would have no effect, which somebody must have expected */
function refuseUnused(given: readonly string[]): void {
  const unused = given.filter((name) => ofWorkers.includes(name));
  if (unused.length === 0) return;
  throw new UserError(`wrong settings: ${unused.join(' and ')} would have no effect with classifier=lambda`);
}

function describeFault(name: string, context: Readonly<Record<string, unknown>>): string {
  const field: unknown = Object.entries(settingsSchema.shape).find(([key]) => key === name)?.[1];
  const expected = field instanceof z.ZodType ? descriptionOf(field) : undefined;
  return `${name} should be ${expected ?? 'another'}, it is ${JSON.stringify(context[name])}`;
}

function text(pattern: RegExp, meaning: string) {
  return given.pipe(z.string().regex(pattern)).describe(meaning);
}

function choice<const T extends string>(values: readonly T[], meaning: string) {
  return given.pipe(z.enum(values)).describe(`${meaning}: ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
}

function count(least: number, most: number, meaning: string) {
  return given
    .pipe(z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(least).max(most)))
    .describe(`${meaning}, a whole number from ${least} to ${most}`);
}

function flag(meaning: string) {
  return given
    .pipe(z.enum(['true', 'false']))
    .transform((value) => value === 'true')
    .describe(`${meaning}, or false`);
}

function list(pattern: RegExp, meaning: string) {
  return given
    .transform((value) => value.split(',').map((entry) => entry.trim()))
    .pipe(z.array(z.string().regex(pattern)).min(1))
    .refine((entries) => new Set(entries).size === entries.length)
    .describe(`${meaning}, each once`);
}
