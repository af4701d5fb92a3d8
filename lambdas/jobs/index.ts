import { readEnvironment } from '../../shared/deployment/environment.ts';
import type { BatchResponse } from '../../shared/events/sqs-event.ts';
import { once } from '../../shared/flow/once.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/stores/location.ts';
import { jobsEnvironment } from './config.ts';
import { jobsHandler } from './handler.ts';
import { openJobsTelemetry } from './telemetry.ts';

const { begin, observer } = openJobsTelemetry();
const open = once(async () => {
  const { RESULTS, WORK_FOLDER, AWS_ENDPOINT } = readEnvironment(jobsEnvironment, process.env);
  const store = new S3Store(awsClients({ endpoint: AWS_ENDPOINT }).s3);
  const location = parseBucketLocation(RESULTS);
  const { bucket, prefix } = location;
  const source = { kind: 'remote', store, bucket, prefix, cacheFolder: `${WORK_FOLDER}/parts` } as const;
  return jobsHandler({ source, store, location, now: () => new Date() }, observer);
});

/** Entry point of the jobs function on Lambda. */
export async function handler(event: unknown, context: unknown): Promise<BatchResponse> {
  begin(context);
  const checkJobs = await open();
  return checkJobs(event);
}
