import { z } from 'zod';
import { bucketVariable } from '../../shared/deployment/environment.ts';

/** Environment of the jobs function. */
export const jobsEnvironment = z.object({
  RESULTS: bucketVariable('the store of the results'),
  WORK_FOLDER: z.string().min(1).default('/tmp').describe('the folder that caches what was read of parts'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3-compatible service'),
});
