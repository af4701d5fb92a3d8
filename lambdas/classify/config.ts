import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { partRows } from '../../shared/deployment/defaults.ts';
import {
  bucketVariable,
  countVariable,
  cropsVariable,
  optionalCountVariable,
  portVariable,
  powerOfTwoVariable,
} from '../../shared/deployment/environment.ts';
import { accelerators } from '../../shared/inference/accelerator/provider.ts';

function acceleratorVariable(fallback: 'auto' | 'cpu') {
  return z
    .enum(accelerators)
    .default(fallback)
    .describe(`what to compute on: ${accelerators.slice(0, -1).join(', ')} or ${accelerators.at(-1)}`);
}

/** Environment of the classify function. */
export const classifyEnvironment = z.object({
  MODEL: z.string().min(1).describe('where the model directory is: s3://bucket/prefix or a path'),
  MODEL_ID: z
    .string()
    .regex(/^[^@]+@[0-9a-f]{12}$/)
    .optional()
    .describe('the only model to serve, name@ and 12 hexadecimal digits as rows name it'),
  CROPS_QUEUE_URL: z.url().describe('the URL of the crops queue'),
  RESULTS: bucketVariable('where results are kept'),
  CROPS: cropsVariable(),
  THREADS: countVariable('the cores to compute on', availableParallelism()),
  BATCH_SIZE: powerOfTwoVariable('the most crops in a batch'),
  ACCELERATOR: acceleratorVariable('cpu'),
  REQUIRE_GPU: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('true to refuse to start without a GPU, or false'),
  MIN_IMAGES_PER_SECOND: z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .optional()
    .describe('the images a second below which it refuses to start, a number of at least 0'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3- and SQS-compatible service'),
});

/** Environment of the container worker. */
export const workerEnvironment = classifyEnvironment.extend({
  // One image serves machines with and without an accelerator; a Lambda function has none to look for.
  ACCELERATOR: acceleratorVariable('auto'),
  POLLERS: optionalCountVariable('receives that are under way at the same time'),
  BATCH_AGE_MS: countVariable('how long a batch waits to be filled, milliseconds', 100),
  PART_ROWS: countVariable('the most rows in a part of the results', partRows),
  PART_AGE_MS: countVariable('how long a part waits to be filled, milliseconds', 5000),
  GRACE_MS: countVariable('how long it may take to finish what is held when it is told to stop, milliseconds', 20_000),
  HEALTH_PORT: portVariable('the port that answers GET /health, 0 for none', 0),
  STALLED_AFTER_MS: countVariable(
    'how long held messages may not move before the worker is unhealthy, milliseconds',
    300_000,
  ),
  ECS_AGENT_URI: z.url().optional().describe('the URL of the ECS agent, which ECS sets'),
});
