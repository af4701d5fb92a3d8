import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { CropTensorLayout } from '../../shared/images/crop-tensor.ts';
import { cropsPerImage } from '../../shared/models/crop-rule.ts';
import { cropBytes } from '../../shared/models/crops-of-image.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { checkBoxes, checkRegionPixels } from './check-regions.ts';

/** What an operator can do about crops of another preprocessing. */
const action = ': deploy the same model to ingest and classify, with the same crops and regions';

/**
 * Checks that the crops of an image fit the model, before they are stacked with other images.
 * @returns the reason why the pixels are missing, `invalid_crop` if they do not fit, undefined if they do
 */
export function checkCrop(crop: CropMessage, model: Model): Failure | undefined {
  const mismatch = crop.fault ?? checkCropType(crop, model);
  if (mismatch) return mismatch;
  const bytes = cropBytes(crop.tensor);
  const { byteLength } = crop.tensor.pixels;
  if (byteLength !== bytes)
    return new Failure('invalid_crop', `expected ${bytes} bytes of pixels, received ${byteLength}`);
  return crop.regions && checkRegionPixels(crop.regions, crop.tensor);
}

/** The checks that need no pixels. */
export function checkCropType(
  message: { readonly tensor: CropTensorLayout; readonly preprocess: string } & Parameters<typeof checkBoxes>[0],
  model: Model,
): Failure | undefined {
  const { tensor, preprocess } = message;
  const { manifest } = model;
  if (preprocess !== model.preprocess) {
    return new Failure(
      'invalid_crop',
      `the crop was made by preprocess ${preprocess}, the model needs ${model.preprocess}${action}`,
    );
  }
  const [height, width] = manifest.input.shape;
  if (tensor.height !== height || tensor.width !== width) {
    return new Failure(
      'invalid_crop',
      `the crop has ${tensor.height}×${tensor.width} pixels, the model needs ${height}×${width}${action}`,
    );
  }
  const { scale, mean, crop } = manifest.preprocess;
  if (tensor.count !== cropsPerImage[crop.rule]) {
    return new Failure(
      'invalid_crop',
      `${tensor.count} crops of an image, the model needs ${cropsPerImage[crop.rule]}${action}`,
    );
  }
  if (!equal(tensor.scale, scale) || !equal(tensor.zeroPoint, mean)) {
    const received = `scale ${tensor.scale.join(' ')} and zero-point ${tensor.zeroPoint.join(' ')}`;
    return new Failure(
      'invalid_crop',
      `the crop has ${received}, the model needs ${scale.join(' ')} and ${mean.join(' ')}${action}`,
    );
  }
  return checkBoxes(message, manifest.preprocess);
}

function equal(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
