import { z } from 'zod';
import { compactStopSeconds } from '../../shared/deployment/defaults.ts';
import { bucketVariable, countVariable } from '../../shared/deployment/environment.ts';

/** Environment of the compact function. */
export const compactEnvironment = z.object({
  RESULTS: bucketVariable('where results are kept'),
  WORK_FOLDER: z.string().min(1).default('/tmp').describe('the folder that holds what is sorted'),
  BYTES_AT_ONCE: countVariable('bytes of parts that are sorted together; the folder holds three times as many', 2e9),
  STOP_AFTER_SECONDS: countVariable('seconds after which nothing more is begun', compactStopSeconds),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3- and SQS-compatible service'),
});
