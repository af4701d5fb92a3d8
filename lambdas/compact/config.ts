import { z } from 'zod';
import { compactStopSeconds } from '../../shared/deployment/defaults.ts';
import { bucketVariable, countVariable } from '../../shared/deployment/environment.ts';

/** Environment of the compact function. */
export const compactEnvironment = z.object({
  RESULTS: bucketVariable('the store of the results'),
  WORK_FOLDER: z.string().min(1).default('/tmp').describe('the folder for the rows that are sorted'),
  BYTES_AT_ONCE: countVariable('bytes of parts that are sorted together; the folder needs three times as much', 2e9),
  STOP_AFTER_SECONDS: countVariable('seconds after which nothing new is started', compactStopSeconds),
  AWS_ENDPOINT: z.url().optional().describe('the URL of an S3- and SQS-compatible service'),
});
