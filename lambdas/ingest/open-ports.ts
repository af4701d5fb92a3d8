import { availableParallelism } from 'node:os';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { z } from 'zod';
import { openCropsQueue } from '../../shared/crops/open-crops-queue.ts';
import { checkTransport } from '../../shared/crops/transport.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits, defaultMaxBytes } from '../../shared/images/decode/identify.ts';
import { memoryBudgets } from '../../shared/images/decode/memory-budgets.ts';
import { readManifestAt } from '../../shared/models/model-location.ts';
import { modelId, preprocessDigest, preprocessWithChoice } from '../../shared/models/model-manifest.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/stores/location.ts';
import type { ingestEnvironment } from './config.ts';
import { type IngestPorts, untraced } from './ports.ts';
import { wakeWorkersOnSend } from './wake-workers.ts';

/**
 * Opens the queue, the stores and the model's preprocessing on AWS.
 * @param onWakeFailure receives the error when workers cannot be started
 * @throws {UserError} if the manifest is missing, or a single image's crops cannot be sent inline
 */
export async function openIngestPorts(
  environment: z.output<typeof ingestEnvironment>,
  onWakeFailure: (error: unknown) => void = () => {},
): Promise<IngestPorts> {
  const { s3, sqs } = awsClients({ endpoint: environment.AWS_ENDPOINT });
  const objects = new S3Store(s3);
  const manifest = await readManifestAt(environment.MODEL_MANIFEST, objects).catch((cause: unknown) => {
    if (cause instanceof UserError || cause instanceof Failure) throw cause;
    throw new UserError(
      `MODEL_MANIFEST is "${environment.MODEL_MANIFEST}", which cannot be read: set it to the location of a manifest`,
      { cause },
    );
  });
  const { CROPS: crops, REGIONS: regions, TRANSPORT: transport } = environment;
  const rule = preprocessWithChoice(manifest.preprocess, { crops, regions });
  checkTransport(transport, rule);
  const maxBytes = Math.min(defaultMaxBytes, memoryBudgets().files);
  const results = parseBucketLocation(environment.RESULTS);
  const queue = await openCropsQueue(sqs, environment.CROPS_QUEUE_URL, objects, { transport, location: results });
  const { WAKES: workers } = environment;
  const limits = { ...defaultDecodeLimits, maxBytes };
  const pool = decodePool(availableParallelism(), limits);
  return {
    objects,
    crops: workers ? wakeWorkersOnSend(queue, new ECSClient(), workers, { onFailure: onWakeFailure }) : queue,
    results: new ResultsStore(objects, results),
    model: { id: modelId(manifest), preprocess: preprocessDigest(rule), rule },
    limits,
    outputs: [results],
    requestedPrefix: '',
    pool,
    cropper: openCropper({ rule, limits, pool }),
    trace: untraced,
    maxAttempts: environment.MAX_ATTEMPTS,
    now: () => new Date(),
  };
}
