import { basename, resolve } from 'node:path';
import type { SkippedFiles } from '../verify/photo-folder.ts';
import { calibrate } from './calibrate.ts';
import { type Int8Model, openFloatModel, writeInt8Model } from './int8-model.ts';
import { readCalibrationCrops } from './read-calibration-crops.ts';
import { type RecordedRanges, recordRanges } from './recorded-ranges.ts';

export interface QuantizeOptions {
  /** Float model directory. */
  readonly source: string;
  /** Folder of images typical of the input; labels are not needed. */
  readonly calibrate: string;
  /** Maximum number of calibration images. */
  readonly images: number;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

export interface QuantizeResult extends Int8Model {
  /** Number of calibration images, on which the two models were compared too. */
  readonly images: number;
  /** Files of the folder that could not be read as images, by reason. */
  readonly leftOut: SkippedFiles;
  /** The measured ranges, from which `quantizeWithRanges` makes the same model without images. */
  readonly ranges: RecordedRanges;
}

/**
 * Converts a float model to int8. Activation ranges come from the calibration images; weights are quantized per channel.
 * @throws {UserError} when the model, the folder or `out` is not usable, or the int8 model differs too much from the float
 *   model; then nothing is written
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  const { out } = options;
  const float = await openFloatModel(options);
  const { manifest, id } = float.model;
  const { crops, leftOut } = await readCalibrationCrops(options.calibrate, manifest.preprocess, options.images);
  const observations = await calibrate(float.graph, manifest, crops);
  const images = crops.length;
  const about = `${id} on ${images} images of ${basename(resolve(options.calibrate))}`;
  const ranges = recordRanges(float.graph, observations, { about, images });
  return { ...(await writeInt8Model(float, observations, { crops, haveLabels: true }, out)), images, leftOut, ranges };
}
