import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  bucketVariable,
  countVariable,
  cropsVariable,
  portVariable,
  powerOfTwoVariable,
  regionsVariable,
} from '../../shared/deployment/environment.ts';
import { accelerators } from '../../shared/inference/accelerator/provider.ts';

function acceleratorVariable(fallback: 'auto' | 'cpu') {
  return z
    .enum(accelerators)
    .default(fallback)
    .describe(`the accelerator: ${accelerators.slice(0, -1).join(', ')} or ${accelerators.at(-1)}`);
}

/** Environment of the classify function. */
export const classifyEnvironment = z.object({
  MODEL: z.string().min(1).describe('the location of the model directory: s3://bucket/prefix or a path'),
  MODEL_ID: z
    .string()
    .regex(/^[^@]+@[0-9a-f]{12}$/)
    .optional()
    .describe('the only model to serve: name@ and 12 hexadecimal digits, as in rows'),
  CROPS_QUEUE_URL: z.url().describe('the URL of the crops queue'),
  RESULTS: bucketVariable('the store of the results'),
  CROPS: cropsVariable(),
  REGIONS: regionsVariable(),
  THREADS: countVariable('the number of cores to use', availableParallelism()),
  BATCH_SIZE: powerOfTwoVariable('the maximum number of crops in a batch'),
  ACCELERATOR: acceleratorVariable('cpu'),
  REQUIRE_GPU: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('true to exit at start without a GPU, or false'),
  MIN_IMAGES_PER_SECOND: z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .optional()
    .describe('the images per second below which the worker exits at start, a number of at least 0'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3- and SQS-compatible service'),
});

/** Environment of the container worker. */
export const workerEnvironment = classifyEnvironment.extend({
  // One image serves machines with and without an accelerator; Lambda has none.
  ACCELERATOR: acceleratorVariable('auto'),
  PART_AGE_MS: countVariable('longest wait for a part to fill, milliseconds', 5000),
  GRACE_MS: countVariable('time to finish held messages after a stop signal, milliseconds', 20_000),
  HEALTH_PORT: portVariable('the port of GET /health, 0 for none', 0),
  STALLED_AFTER_MS: countVariable(
    'time without progress on held messages after which the worker is unhealthy, milliseconds',
    300_000,
  ),
  ECS_AGENT_URI: z.url().optional().describe('the URL of the ECS agent, set by ECS'),
});
