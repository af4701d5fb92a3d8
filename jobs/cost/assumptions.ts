import { idleMinutes, megabytesPerCore, workerDiskGiB } from '../../shared/deployment/defaults.ts';
import type { GpuInstance } from '../../shared/deployment/prices.ts';

/** A figure that an estimate rests on beside prices, and where it is from. */
export interface Assumption {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly from: string;
}

const notMeasured = 'assumed, not measured on AWS';

export const assumptions = {
  imageMs: {
    what: 'ingest, for an image',
    value: 5.5,
    unit: 'ms of a core',
    from: 'npm run bench:ingest: 314 photos/s on two cores, less what their pixels take',
  },
  megapixelMs: {
    what: 'ingest, for a megapixel more',
    value: 3.9,
    unit: 'ms of a core',
    from: 'npm run bench:sizes, JPEGs of 0.2 to 12 megapixels',
  },
  bytesPerPixel: {
    what: 'a pixel of a photo',
    value: 0.27,
    unit: 'bytes',
    from: 'npm run bench:sizes: JPEGs of quality 90; --megapixels says it exactly',
  },
  vcpuMb: {
    what: 'memory of a function with one core',
    value: megabytesPerCore,
    unit: 'MB',
    from: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html; a core there counts as one here',
  },
  answerMs: { what: 'S3 or SQS answers a function after', value: 30, unit: 'ms', from: notMeasured },
  fetched: {
    what: 'objects that a function waits for at the same time',
    value: 4,
    unit: 'for a core',
    from: 'shared/images/decode/decode-pool.ts',
  },
  bytesPerSecond: { what: 'a function reads and writes', value: 75e6, unit: 'bytes/s', from: notMeasured },
  logBytes: {
    what: 'logs of an invocation',
    value: 1200,
    unit: 'bytes',
    from: "650 of ingest's own for a batch of ten, the rest for Lambda's START, END and REPORT",
  },
  metrics: {
    what: 'metrics with values in an hour of work',
    value: 20,
    unit: 'metrics',
    from: 'lambdas/ingest/telemetry.ts, lambdas/classify/telemetry/worker-telemetry.ts',
  },
  tracedShare: {
    what: 'invocations that are traced',
    value: 0.05,
    unit: 'of all',
    from: "X-Ray's default beside one a second",
  },
  lambdaRate: {
    what: 'a CPU function of one core classifies',
    value: 30.2,
    unit: 'crops/s',
    from: 'npm run bench:models, float on one core; int8 with VNNI, 97.9, is not to be had on arm64',
  },
  lambdaStartSeconds: { what: 'a CPU function loads', value: 3, unit: 's', from: notMeasured },
  startMinutes: {
    what: 'a GPU worker boots and pulls its image',
    value: 5,
    unit: 'min',
    from: notMeasured,
  },
  idleMinutes: {
    what: 'a GPU worker stays with nothing to do before it is taken away',
    value: idleMinutes + 15,
    unit: 'min',
    from: "five until none is wanted, and the fifteen of ECS's capacity providers (docs/decisions/0011)",
  },
  volumeGb: { what: 'volume of a GPU worker', value: workerDiskGiB, unit: 'GB of gp3', from: notMeasured },
  rowBytes: {
    what: 'a row of the results, with its embedding',
    value: 3500,
    unit: 'bytes',
    from: 'docs/performance.md, writing results',
  },
} as const satisfies Record<string, Assumption>;

/**
 * Crops that a worker classifies in a second. Nobody has measured this project on a GPU of AWS. Ray Data publishes 694
 * images a second of ResNet-18 on an L4, where sixteen cores that decode are the limit and not the GPU; GoogLeNet takes
 * about as many multiply-adds. That is 2.2 TFLOP/s, a quarter of what the slowest of these GPUs, the T4, does in float32:
 * the same is assumed of all three.
 */
export const gpuRate = {
  what: 'a GPU worker classifies',
  value: 694,
  unit: 'crops/s',
  from: 'assumed, not measured: published for ResNet-18 on an L4 through Ray Data; --rate says your own',
} as const satisfies Assumption;

export const gpuRates: Readonly<Record<GpuInstance, number>> = {
  'g4dn.xlarge': gpuRate.value,
  'g5.xlarge': gpuRate.value,
  'g6.xlarge': gpuRate.value,
};
