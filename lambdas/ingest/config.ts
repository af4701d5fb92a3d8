import { z } from 'zod';
import { transports } from '../../shared/crops/transport.ts';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { bucketVariable, countVariable, cropsVariable, regionsVariable } from '../../shared/deployment/environment.ts';

/** Environment of the ingest function. */
export const ingestEnvironment = z.object({
  MODEL_MANIFEST: z.string().min(1).describe("the location of the model's manifest: s3://bucket/key or a path"),
  CROPS_QUEUE_URL: z.url().describe('the URL of the crops queue'),
  RESULTS: bucketVariable('the store of the results'),
  TRANSPORT: z
    .enum(transports)
    .default('auto')
    .describe(`how crops are sent through their queue: ${transports.join(', ')}`),
  CROPS: cropsVariable(),
  REGIONS: regionsVariable(),
  MAX_ATTEMPTS: countVariable("the uploads queue's maxReceiveCount", maxAttempts),
  WAKES: z
    .string()
    .regex(/^[^/]+\/[^/]+$/)
    .transform((text) => {
      const [cluster = '', service = ''] = text.split('/');
      return { cluster, service };
    })
    .optional()
    .describe('the ECS service to start when crops are sent: cluster/service'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3- and SQS-compatible service'),
});

/**
 * Variables that must be set before the process starts. glibc gives each thread its own memory arena, and the memory
 * that decoders leave in them adds up: with two arenas, memory stops growing after two thousand images and is a third
 * lower. Node has four threads for decoding on any machine; a function has up to six cores, decodes two images per core,
 * and reads files meanwhile.
 */
export const processEnvironment = { MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '16' };
