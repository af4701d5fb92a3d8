/**
 * A computed value. TensorFlow keeps channels last and this project channels first: a value of the shape [height, width,
 * channels] is [N, channels, height, width] in the ONNX graph, and any other one is [N, ...shape].
 */
export interface Feature {
  /** Name in the ONNX graph. */
  readonly name: string;
  /** As in TensorFlow, without the batch. */
  readonly shape: readonly number[];
}

/** A constant of the model, in TensorFlow's order of axes. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The shape of feature maps; undefined for another rank. */
export function planeOf({ shape }: Pick<Feature, 'shape'>): Plane | undefined {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) return undefined;
  return { height, width, channels };
}

/** The axis in the ONNX graph of an axis in TensorFlow, both counted with the batch. */
export function onnxAxis(axis: number, { shape }: Pick<Feature, 'shape'>): number {
  if (shape.length !== 3) return axis;
  return [0, 2, 3, 1][axis] ?? axis;
}
