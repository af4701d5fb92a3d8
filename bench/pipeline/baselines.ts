import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import pMap from 'p-map';
import sharp from 'sharp';
import { graphOf, modelOf } from '../../model/graph/graph.ts';
import { makeBatchDynamic } from '../../model/import/batch/make-batch-dynamic.ts';
import { removeUnusedWeights } from '../../model/import/file/remove-unused-weights.ts';
import { removeWeightInputs } from '../../model/import/file/remove-weight-inputs.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import { readNetwork } from '../../model/onnx/read-network.ts';
import type { Session } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';

/**
 * sharp alone: the same pixels from the same files, with the best concurrency. The extract before the resize disables
 * shrink-on-load (docs/decisions/0006).
 */
export async function bareSharp(folder: string, files: readonly string[], threads: number): Promise<void> {
  await pMap(
    files,
    async (file) => {
      const image = sharp(await readFile(join(folder, file)));
      const { width, height } = (await image.metadata()).autoOrient;
      return image
        .autoOrient()
        .extract({ left: 0, top: 0, width, height })
        .flatten({ background: '#fff' })
        .resize(256, 256, { fit: 'fill' })
        .extract({ left: 16, top: 16, width: 224, height: 224 })
        .toColourspace('srgb')
        .raw()
        .toBuffer();
    },
    { concurrency: threads * 2 },
  );
}

/** onnxruntime alone: prepared batches through one session that uses all cores. */
export async function bareRuntime(
  session: ort.InferenceSession,
  { manifest }: Model,
  images: number,
  batchSize: number,
): Promise<void> {
  const [height, width] = manifest.input.shape;
  const pixels = new Uint8Array(batchSize * height * width * 3).fill(128);
  const feeds = { [manifest.input.name]: new ort.Tensor('uint8', pixels, [batchSize, height, width, 3]) };
  for (let done = 0; done < images; done += batchSize) await session.run(feeds);
}

/** Prepared batches through the sessions of the pipeline, one per core. */
export async function readySessions(
  session: Session,
  { manifest }: Model,
  images: number,
  batchSize: number,
): Promise<void> {
  const [height, width] = manifest.input.shape;
  await pMap(
    Array.from({ length: Math.ceil(images / batchSize) }),
    () => {
      const pixels = new Uint8Array(batchSize * height * width * 3).fill(128);
      return session.run({ size: batchSize, shape: [batchSize, height, width, 3], pixels });
    },
    { concurrency: session.parallel },
  );
}

/** The published network, unchanged except for a dynamic batch size: the file has 1. */
export async function publishedNetwork(path: string): Promise<Uint8Array> {
  const passes = [removeWeightInputs, makeBatchDynamic, removeUnusedWeights];
  const graph = passes.reduce((current, pass) => pass(current).graph, graphOf((await readNetwork(path)).model));
  return encodeModel(modelOf(graph));
}
