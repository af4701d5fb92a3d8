import { idleMinutes, megabytesPerCore, workerDiskGiB } from '../../shared/deployment/defaults.ts';
import { readsPerCore } from '../../shared/images/decode/decode-pool.ts';

/** A figure that an estimate needs besides prices, and its source. */
export interface Assumption {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly from: string;
}

const notMeasured = 'assumed, not measured on AWS';

export const assumptions = {
  imageMs: {
    what: 'ingest, per image',
    value: 5.5,
    unit: 'ms of a core',
    from: 'npm run bench:ingest: 314 photos/s on two cores, minus the time for their pixels',
  },
  megapixelMs: {
    what: 'ingest, per megapixel',
    value: 3.9,
    unit: 'ms of a core',
    from: 'npm run bench:sizes, JPEGs of 0.2 to 12 megapixels',
  },
  proposalMs: {
    what: 'ingest with regions, more per image',
    value: 245,
    unit: 'ms of a core',
    from: 'npm run bench:ingest-regions',
  },
  regionMs: {
    what: 'ingest with regions, more per region',
    value: 1,
    unit: 'ms of a core',
    from: 'npm run bench:ingest-regions',
  },
  regionMegapixelMs: {
    what: 'ingest with regions, more per megapixel',
    value: 8.9,
    unit: 'ms of a core',
    from: 'npm run bench:ingest-regions',
  },
  keptRegions: {
    what: 'regions that are kept',
    value: 5.5,
    unit: 'per image',
    from: 'run --regions 100 on 100 photos with googlenet-int8 (docs/regions.md)',
  },
  regionBytes: {
    what: 'size of a kept region, with an embedding of 1,024 numbers',
    value: 3100,
    unit: 'bytes',
    from: 'the same run',
  },
  bytesPerPixel: {
    what: 'file size per pixel',
    value: 0.27,
    unit: 'bytes',
    from: 'npm run bench:sizes: JPEGs of quality 90; use --megapixels for your own',
  },
  megabytesPerCore: {
    what: 'memory of a function with one core',
    value: megabytesPerCore,
    unit: 'MB',
    from: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html; assumed as fast as a core of the benchmark machine',
  },
  answerMs: { what: 'response time of S3 and SQS', value: 30, unit: 'ms', from: notMeasured },
  fetched: {
    what: 'objects that a function reads in parallel',
    value: readsPerCore,
    unit: 'per core',
    from: 'shared/images/decode/decode-pool.ts',
  },
  bytesPerSecond: { what: 'network throughput of a function', value: 75e6, unit: 'bytes/s', from: notMeasured },
  logBytes: {
    what: 'logs per invocation',
    value: 2400,
    unit: 'bytes',
    from: '1,850 by ingest for a batch of a hundred, the rest by Lambda: START, END and REPORT',
  },
  metrics: {
    what: 'metrics with values in a working hour',
    value: 20,
    unit: 'metrics',
    from: 'lambdas/ingest/telemetry.ts, lambdas/classify/telemetry/worker-telemetry.ts',
  },
  tracedShare: {
    what: 'traced invocations',
    value: 0.05,
    unit: 'of all',
    from: "X-Ray's default, in addition to one per second",
  },
  floatRate: {
    what: 'speed of a core with googlenet',
    value: 30.2,
    unit: 'crops/s',
    from: 'npm run bench:models on one core of an AMD EPYC',
  },
  int8Rate: {
    what: 'speed of a core with googlenet-int8',
    value: 97.9,
    unit: 'crops/s',
    from: 'npm run bench:models on one core of an AMD EPYC with VNNI',
  },
  lambdaStartSeconds: { what: 'start of a CPU function', value: 3, unit: 's', from: notMeasured },
  startMinutes: {
    what: 'start of an instance, with the image of its worker',
    value: 5,
    unit: 'min',
    from: notMeasured,
  },
  idleMinutes: {
    what: 'idle time of an instance before it is removed',
    value: idleMinutes + 15,
    unit: 'min',
    from: '5 until scale-in, 15 by ECS capacity providers (docs/decisions/0011)',
  },
  volumeGb: { what: 'volume of an instance', value: workerDiskGiB, unit: 'GB of gp3', from: notMeasured },
  rowBytes: {
    what: 'size of a row, with an embedding of 1,024 numbers',
    value: 3500,
    unit: 'bytes',
    from: 'docs/performance.md, writing results',
  },
  bareRowBytes: {
    what: 'of which without the embedding',
    value: 140,
    unit: 'bytes',
    from: 'synthetic rows with embeddings of 84 to 2,048 numbers, whose size grows in proportion',
  },
} as const satisfies Record<string, Assumption>;

/**
 * Crops per second of one worker. This project has not been measured on a GPU of AWS. Ray Data publishes 694 images per
 * second for ResNet-18 on an L4, limited by decoding on sixteen cores and not by the GPU; GoogLeNet needs about as many
 * multiply-adds. That is 2.2 TFLOP/s, a quarter of the float32 speed of the slowest of these GPUs, the T4, so the same rate
 * is assumed for all three.
 */
export const gpuRate = {
  what: 'speed of a GPU worker',
  value: 694,
  unit: 'crops/s',
  from: 'assumed, not measured: published for ResNet-18 on an L4 with Ray Data; use --gpu-rate for your own',
} as const satisfies Assumption;
