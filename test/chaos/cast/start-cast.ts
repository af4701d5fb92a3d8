import { awsClients } from '../../../shared/stores/aws/clients.ts';
import type { Disruption } from './disruptions.ts';
import { FunctionProcess } from './function-process.ts';
import { functionTimeoutMs, maxAttempts, type Stage, visibilitySeconds } from './make-stage.ts';
import { pollUploads } from './poll-uploads.ts';
import { WorkerFleet } from './worker-fleet.ts';

const workers = 2;
const functions = 2;
/** Duration of a pause, of the visibility timeout. */
const pause = 1.7;

export interface CastOptions {
  /** Of S3 and SQS. */
  readonly endpoint: string;
  readonly model: string;
  readonly transport: 'inline' | 'packed';
  readonly environment: NodeJS.ProcessEnv | undefined;
}

/** Starts the functions, what polls for them, and the workers of a stage. */
export function startCast(stage: Stage, { endpoint, model, transport, environment: more }: CastOptions) {
  const environment = {
    ...{ AWS_ENDPOINT: endpoint, CROPS_QUEUE_URL: stage.crops, RESULTS: stage.store, MAX_ATTEMPTS: `${maxAttempts}` },
    ...{ MODEL: model, MODEL_MANIFEST: `${model}/manifest.json`, TRANSPORT: transport },
    ...{ ACCELERATOR: 'cpu', THREADS: '1', BATCH_SIZE: '32', PART_AGE_MS: '500' },
    ...more,
  };
  const { sqs } = awsClients({ endpoint, region: 'us-east-1' }, {});
  const ended = new AbortController();
  const fleet = new WorkerFleet(environment, workers);
  const ingests = Array.from({ length: functions }, () => new FunctionProcess(environment, functionTimeoutMs));
  const polls = ingests.map((ingest) => pollUploads(sqs, stage.uploads, { ingest, stop: ended.signal }));
  const [firstIngest, lastIngest] = [ingests[0], ingests.at(-1)];
  const pausing: (Promise<void> | undefined)[] = [];
  const disruptions: Record<Disruption['kind'], () => void> = {
    'kill worker': () => fleet.kill(),
    'kill ingest': () => firstIngest?.kill(),
    'pause worker': () => pausing.push(fleet.pause(visibilitySeconds.crops * pause * 1000)),
    'pause ingest': () => pausing.push(lastIngest?.pause(visibilitySeconds.uploads * pause * 1000)),
  };
  return {
    disrupt: (kind: Disruption['kind']) => disruptions[kind](),
    /** Resolves when every paused process goes on. */
    resumed: () => Promise.all(pausing),
    /** Invocations that were ended by their time limit. */
    timeouts: () => ingests.reduce((sum, { timeouts }) => sum + timeouts, 0),
    /** Errors of invocations, each once. */
    errors: () => [...new Set(ingests.flatMap(({ errors }) => errors))],
    async stop(): Promise<void> {
      ended.abort();
      await Promise.all(polls);
      for (const ingest of ingests) ingest.kill();
      await fleet.stop();
      sqs.destroy();
    },
  };
}
