import { predictCrops } from '../../model/verify/predict-crops.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { MeasureRequest } from './measure/messages.ts';
import { floatNetwork } from './networks.ts';
import type { Options } from './options.ts';
import { type Photos, readPhotos } from './photos.ts';

/** What all measurements share. */
export interface Prepared {
  readonly float: { readonly directory: string; readonly model: Model };
  readonly photos: Photos;
  /** Cores to use. */
  readonly threads: number;
  /** Folder for temporary files. */
  readonly work: string;
  /** What every request has in common. */
  readonly request: Omit<MeasureRequest, 'provider' | 'model' | 'deadline' | 'checkOnly'>;
}

/**
 * Prepares the float network, the crops of the photos and their scores on the CPU.
 * @throws {UserError} if the model or the photos cannot be used
 */
export async function prepare(options: Options, threads: number, work: string): Promise<Prepared> {
  const float = await floatNetwork({ ...options, work });
  const photos = await readPhotos(options.photos, float.model, options.images);
  const reference = await predictCrops(photos.crops, float.model.network, float.model.manifest);
  const request = {
    threads,
    crops: [...photos.crops],
    reference: reference.map(({ probabilities, embedding }) => ({ probabilities, embedding })),
    ...{ batches: [], measureMs: 1, photos: { folder: '', names: [] }, feedRate: 0 },
  };
  return { float, photos, threads, work, request };
}
