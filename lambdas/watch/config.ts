import { z } from 'zod';

/** Environment of the watch function. */
export const watchEnvironment = z.object({
  WATCHED_BUCKET: z.string().min(1).describe('the name of the bucket whose uploads are ingested'),
  WATCHED_PREFIX: z.string().default('').describe('the key prefix of the uploads that are ingested'),
  UPLOADS_QUEUE_ARN: z.string().startsWith('arn:').describe('the ARN of the queue that S3 notifies of uploads'),
  ACTIVE_QUEUE_URL: z.url().optional().describe('the URL of a queue whose metrics are needed at any time'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3-compatible service'),
});
