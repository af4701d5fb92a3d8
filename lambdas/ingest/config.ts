import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { transports } from '../../shared/crops/transport.ts';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { bucketVariable, countVariable, cropsVariable } from '../../shared/deployment/environment.ts';
import { defaultDecodeLimits, defaultMaxBytes } from '../../shared/images/decode/identify.ts';

/** Environment of the ingest function. */
export const ingestEnvironment = z.object({
  MODEL_MANIFEST: z.string().min(1).describe("where the model's manifest is: s3://bucket/key or a path"),
  CROPS_QUEUE_URL: z.url().describe('the URL of the crops queue'),
  RESULTS: bucketVariable('where results are kept'),
  TRANSPORT: z
    .enum(transports)
    .default('auto')
    .describe(`how crops go through their queue: ${transports.join(', ')}`),
  PACKS: bucketVariable('where packed crops are kept for days').optional(),
  CROPS: cropsVariable(),
  MAX_BYTES: countVariable('the largest object that is read, bytes', defaultMaxBytes),
  MAX_PIXELS: countVariable('the largest image that is decoded, pixels', defaultDecodeLimits.maxPixels),
  CORES: countVariable('images decoded at the same time', availableParallelism()),
  MAX_ATTEMPTS: countVariable("the uploads queue's maxReceiveCount", maxAttempts),
  WAKES: z
    .string()
    .regex(/^[^/]+\/[^/]+$/)
    .transform((text) => {
      const [cluster = '', service = ''] = text.split('/');
      return { cluster, service };
    })
    .optional()
    .describe('the ECS service that is started when crops are sent: cluster/service'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3- and SQS-compatible service'),
});

/**
 * What must be set before the process starts. glibc gives every thread an arena of its own, and what decoders leave in
 * them adds up: with two, memory is flat after the first thousand images, and lower by a third. Node has four threads
 * for decoding wherever it runs; a function has up to six cores, with two images in decoding on each.
 */
export const processEnvironment = { MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '12' };
