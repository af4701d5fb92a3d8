import { z } from 'zod';
import { transports } from '../shared/crops/transport.ts';
import {
  defaultBatchSize,
  defaultImagesPerWorker,
  defaultIngestConcurrency,
  defaultMaxFunctions,
  defaultMaxWorkers,
  defaultMessageDays,
  maxWorkersLimit,
  megabytesPerCore,
} from '../shared/deployment/defaults.ts';
import { descriptionOf } from '../shared/deployment/environment.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { cropsPerImage } from '../shared/models/crop-rule.ts';
import { maxRegions } from '../shared/models/regions-rule.ts';
import { checkCombinations } from './check-combinations.ts';
import { cpuType, cpuTypesText, defaultCpuTypes, gpuType, gpuTypesText } from './instance-types.ts';

/** Containers on GPU instances, containers on CPU instances, or a function on CPUs for small volumes. */
export const classifiers = ['gpu', 'cpu', 'lambda'] as const;
/** How workers reach AWS: public addresses without inbound access, interface endpoints, or a NAT gateway. */
const egresses = ['public', 'endpoints', 'nat'] as const;

/** The retention periods that CloudWatch Logs offers, days. */
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Batches are padded to powers of two. */
const powersOfTwo = Array.from({ length: 11 }, (_, power) => 2 ** power);

/** Of a key in S3. */
const maxKeyBytes = 1024;

/** Also the name of the file of a stage. */
export const stageName = text(
  /^[a-z][a-z0-9-]{0,19}$/,
  'the name of the deployment, up to 20 characters of a-z, 0-9 and -, starting with a letter',
);

/** The settings that stage files and the construct share, without defaults; docs/deploy.md explains each. */
export const settingsSchema = z
  .strictObject({
    stage: stageName,
    production: flag('true to keep buckets and their contents when the stack is destroyed'),
    model: text(/./, 'the folder of a model directory to deploy'),
    classifier: choice(classifiers),
    instanceTypes: list(
      new RegExp(`${gpuType.source}|${cpuType.source}`),
      `${gpuTypesText}, or with classifier "cpu" ${cpuTypesText}`,
    ),
    spotPercent: count(0, 100),
    maxWorkers: count(1, maxWorkersLimit),
    imagesPerWorker: count(100, 100_000_000),
    batchSize: choice(powersOfTwo),
    crops: choice(Object.values(cropsPerImage)),
    regions: count(1, maxRegions),
    transport: choice(transports),
    ingestConcurrency: count(2, 1000),
    ingestMemory: count(512, 10_240),
    messageDays: count(1, 14),
    logDays: choice(logDays),
    alarmEmail: text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address'),
    dropPrefix: keyPrefix(),
    dropKey: text(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
      'the ARN of the KMS key that encrypts the existing bucket',
    ),
    customerKey: flag('true to encrypt everything with a KMS key that is created in this account'),
    monthlyBudget: count(1, 10_000_000),
    egress: choice(egresses),
    paused: flag('true to leave uploads in their queue'),
    npmRegistry: url('the URL of an npm registry'),
    nugetFeed: url('the URL of the index of a NuGet feed'),
    caBundle: text(/./, 'a file of CA certificates in PEM format'),
  })
  .partial();

type GivenSettings = z.output<typeof settingsSchema>;

/** Settings without an entry are not set by default; `classifierDefaults` has those of other classifiers than GPUs. */
export const defaultSettings = {
  stage: 'dev',
  classifier: 'gpu',
  instanceTypes: ['g6.xlarge', 'g5.xlarge', 'g4dn.xlarge'],
  spotPercent: 100,
  maxWorkers: defaultMaxWorkers,
  imagesPerWorker: defaultImagesPerWorker,
  batchSize: defaultBatchSize('cuda'),
  crops: 1,
  transport: 'auto',
  ingestConcurrency: defaultIngestConcurrency,
  ingestMemory: megabytesPerCore,
  messageDays: defaultMessageDays,
  logDays: 30,
  egress: 'public',
  paused: false,
  customerKey: false,
} as const satisfies GivenSettings;

const classifierDefaults = {
  gpu: {},
  cpu: { instanceTypes: defaultCpuTypes, batchSize: defaultBatchSize('cpu') },
  lambda: { maxWorkers: defaultMaxFunctions },
} as const satisfies Record<(typeof classifiers)[number], GivenSettings>;

/** The settings of a pipeline, with their defaults. */
export type Settings = Readonly<
  GivenSettings & Required<Pick<GivenSettings, keyof typeof defaultSettings | 'production'>>
>;

/**
 * Settings from props or a stage file.
 * @param given settings by their names; undefined counts as omitted
 * @param others names of other things that the user gives, such as `vpc`: checked only against the settings
 * @param prefix of errors
 * @throws {UserError} one line that names every fault and says what to give instead
 */
export function parseSettings(
  given: Readonly<Record<string, unknown>>,
  others: readonly string[] = [],
  prefix = 'wrong settings',
): Settings {
  const parsed = parseFields(settingsSchema, given, prefix);
  const stage = parsed.stage ?? defaultSettings.stage;
  const present = Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
  const ofClassifier = classifierDefaults[parsed.classifier ?? defaultSettings.classifier];
  const settings: Settings = { ...defaultSettings, ...ofClassifier, production: stage === 'prod', ...present };
  checkCombinations(settings, [...Object.keys(present), ...others], prefix);
  return Object.freeze(settings);
}

/**
 * Parses fields that have descriptions.
 * @throws {UserError} one line: the prefix, then every fault
 */
export function parseFields<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
): z.output<z.ZodObject<Shape>> {
  const known = Object.keys(schema.shape);
  // Zod ignores `__proto__`.
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  const parsed = schema.safeParse(given);
  if (parsed.success && unknown.length === 0) return parsed.data;
  const invalid = (parsed.error?.issues ?? []).filter(({ path }) => path.length > 0).map(({ path }) => String(path[0]));
  const faults = [
    ...unknown.map((name) => {
      const meant = known.find((other) => other.toLowerCase() === name.toLowerCase());
      return `${name} is not a setting: ${meant ? `did you mean ${meant}?` : `choose from ${known.join(', ')}`}`;
    }),
    ...[...new Set(invalid)].map((name) => {
      const field = schema.shape[name];
      const valid = field instanceof z.ZodType ? descriptionOf(field) : undefined;
      return `${name}: ${shown(given[name])} is invalid: give ${valid ?? 'another value'}`;
    }),
  ];
  throw new UserError(`${prefix}: ${faults.join('; ')}`);
}

/** JSON has no infinite numbers. */
function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

export function text(pattern: RegExp, description: string) {
  return z.string().regex(pattern).describe(description);
}

function url(description: string) {
  return text(/^https?:\/\/[^\s]+$/, description).refine((value) => URL.canParse(value));
}

/** IAM and cdk-nag read braces and brackets in resource names as parts of their own. */
function keyPrefix() {
  return text(
    /^[^/*?[\]{}\p{Cc}][^*?[\]{}\p{Cc}]*$/u,
    `a key prefix of up to ${maxKeyBytes} bytes that does not start with / and contains no * ? [ ] { }, unmatched parentheses or control characters`,
  ).refine((value) => Buffer.byteLength(value) <= maxKeyBytes && hasMatchingParentheses(value));
}

function hasMatchingParentheses(value: string): boolean {
  let open = 0;
  for (const character of value) {
    if (character === '(') open++;
    if (character === ')' && --open < 0) return false;
  }
  return open === 0;
}

function choice<const T extends string | number>(values: readonly T[]) {
  return z.literal(values).describe(`${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
}

function count(min: number, max: number) {
  return z.int().min(min).max(max).describe(`a whole number from ${min} to ${max}`);
}

function flag(description: string) {
  return z.boolean().describe(`${description}, or false`);
}

export function list(pattern: RegExp, description: string) {
  return z
    .array(z.string().regex(pattern))
    .min(1)
    .refine((entries) => new Set(entries).size === entries.length)
    .describe(`a list of ${description}, each once`);
}
