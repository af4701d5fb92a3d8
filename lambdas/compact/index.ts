import type { Compaction } from '../../results/compact/compact.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { once } from '../../shared/flow/once.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/stores/location.ts';
import { openTelemetry } from '../telemetry.ts';
import { compactEnvironment } from './config.ts';
import { compactHandler } from './handler.ts';

const { logger } = openTelemetry('compact');
const open = once(async () => {
  const environment = readEnvironment(compactEnvironment, process.env);
  const { WORK_FOLDER: workFolder, BYTES_AT_ONCE: bytesPerRun } = environment;
  const store = new S3Store(awsClients({ endpoint: environment.AWS_ENDPOINT }).s3);
  const { bucket, prefix } = parseBucketLocation(environment.RESULTS);
  const source = { kind: 'remote', store, bucket, prefix, cacheFolder: `${workFolder}/parts` } as const;
  return compactHandler(
    { source, store, workFolder, bytesPerRun, stopAfterSeconds: environment.STOP_AFTER_SECONDS, now: () => new Date() },
    (compaction) => logger.info('compacted', { ...compaction }),
  );
});

/** Entry point of the compact function on Lambda, started by a schedule. */
export async function handler(): Promise<Compaction> {
  const compact = await open();
  return compact();
}
