import { availableParallelism } from 'node:os';
import { scoreCrops } from '../../lambdas/classify/score-crops.ts';
import { ingestLoad } from '../../lambdas/ingest/load.ts';
import { makeCrops } from '../../lambdas/ingest/make-crops.ts';
import { openSession } from '../../shared/inference/session.ts';
import { topK } from '../../shared/inference/top-k.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ScoredLabel } from '../../shared/rows/row.ts';
import { localLimits } from './run/open-pipeline.ts';

/** What a model says of one image. */
export interface EmbeddedImage {
  readonly embedding: Float32Array;
  /** The five most probable labels, most probable first. */
  readonly top: readonly ScoredLabel[];
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the content: `jpeg`, `png`, … */
  readonly format: string;
}

/** A model that looks at single images. */
export interface ImageEmbedder {
  readonly model: Model;
  /**
   * The embedding and labels that the pipeline would store for these bytes: it goes through the same code.
   * @throws {Failure} for a fault of the content
   */
  embed(bytes: Uint8Array): Promise<EmbeddedImage>;
  close(): Promise<void>;
}

/** Opens a model for single images, on the CPU. */
export async function openEmbedder(model: Model): Promise<ImageEmbedder> {
  const session = await openSession(model, { threads: 1 });
  const { id, preprocess, manifest } = model;
  const ingest = { id, preprocess, rule: manifest.preprocess };
  const load = ingestLoad(availableParallelism(), localLimits);
  const now = () => new Date();
  return {
    model,
    async embed(bytes) {
      const upload = { kind: 'created', bucket: '', key: '', job: '', eventTime: now() } as const;
      const crops = await load.decode(() =>
        makeCrops(upload, bytes, { model: ingest, limits: localLimits, load, now }),
      );
      const ports = { model, session, batchSize: 8, now, maxAttempts: 1 };
      const { embeddings, probabilities } = await scoreCrops([crops], ports);
      const { width, height, format } = crops;
      return { embedding: embeddings, top: topK(probabilities, manifest.labels, 5), width, height, format };
    },
    close: () => session.close(),
  };
}
