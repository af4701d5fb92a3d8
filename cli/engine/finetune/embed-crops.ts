import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import pMap from 'p-map';
import { cropFile } from '../../../model/verify/photo-folder.ts';
import { Failure, type FailureReason } from '../../../shared/failures/failure.ts';
import { scoreCrops } from '../../../shared/inference/score-crops.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { Preprocess } from '../../../shared/models/model-manifest.ts';
import { isHiddenName } from '../../../shared/stores/keys.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';
import { Interrupted } from '../interrupted.ts';
import type { RunDisplay } from '../run/local-run.ts';
import type { Counts } from '../run/tally.ts';
import { withSession } from '../with-session.ts';

/** Of the embeddings of one crop each [crops, size], or why the file cannot be used. */
export type CropEmbeddings = Float32Array | FailureReason | 'hidden';

const batch = 8;

/**
 * Embeds every crop of image files.
 * @param rule how images are cropped
 * @returns in the order of `files`
 * @throws {UserError} if it was interrupted
 */
export async function embedCrops(
  model: Model,
  rule: Preprocess,
  files: readonly ListedObject[],
  display: RunDisplay,
): Promise<CropEmbeddings[]> {
  if (files.length === 0) return [];
  const threads = availableParallelism();
  const reasons = new Map<FailureReason, number>();
  let [classified, rejected] = [0, 0];
  const counts = (): Counts => ({
    ...{ total: files.length, done: 0, classifiedBefore: 0, classified, rejected, reasons, deleted: 0 },
  });
  return display(({ stop, onSession, onStart }) =>
    withSession(model, { threads, batch, accelerator: 'cpu' }, onSession, async (opening) => {
      const session = await opening;
      onStart(counts);
      const embed = async (file: ListedObject): Promise<CropEmbeddings> => {
        if (stop.aborted) throw new Interrupted('interrupted: no model was written');
        if (isHiddenName(basename(file.key))) return 'hidden';
        const tensor = await cropFile(file, rule);
        if (tensor instanceof Failure) {
          rejected += 1;
          reasons.set(tensor.reason, (reasons.get(tensor.reason) ?? 0) + 1);
          return tensor.reason;
        }
        const { embeddings } = await scoreCrops(splitCrops(tensor), { model, session, batchSize: batch });
        classified += 1;
        return embeddings;
      };
      // One image more than threads: it is decoded while the network runs on the others.
      return pMap(files, embed, { concurrency: threads + 1 });
    }),
  );
}

/** Each crop as an image, so that scores are not averaged. */
function splitCrops({ count, pixels }: { readonly count: number; readonly pixels: Uint8Array }) {
  const size = pixels.byteLength / count;
  return Array.from({ length: count }, (_, crop) => ({
    count: 1,
    pixels: pixels.subarray(crop * size, (crop + 1) * size),
  }));
}
