import { z } from 'zod';
import { bucketVariable } from '../../shared/deployment/environment.ts';

/** Environment of the function that looks which jobs are complete. */
export const jobsEnvironment = z.object({
  RESULTS: bucketVariable('where results are kept'),
  WORK_FOLDER: z.string().min(1).default('/tmp').describe('the folder that keeps what is known of parts'),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3-compatible service'),
});
