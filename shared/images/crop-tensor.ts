/**
 * The crops of one image with their mean subtracted, as an affine-quantized array: value = scale × (pixel − zeroPoint) per
 * channel. With scale 1 and the channel means as zero-point that is exactly crop − mean, in a quarter of float32's bytes.
 */
export interface CropTensor extends CropTensorLayout {
  /** uint8 [count, height, width, 3], RGB. */
  readonly pixels: Uint8Array;
}

/** How to read the bytes of a crop tensor. */
export interface CropTensorLayout {
  /** Crops of the image: 1, or several whose scores are averaged. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly scale: readonly [number, number, number];
  readonly zeroPoint: readonly [number, number, number];
}
