import { UserError } from '../../shared/failures/user-error.ts';
import { floatAttribute, intAttribute, tensorAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { renameValue } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import type { AttributeProto, NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../onnx/tensor.ts';
import type { BuilderOptions } from './network-options.ts';
import { RandomWeights } from './random-weights.ts';
import { type Pair, pairOf, type Window, windowAttributes, windowCounts } from './window.ts';

/** A value of the network. Its shape omits the batch: [channels, height, width] or [features]. */
export interface Feature {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface MaxPoolWindow extends Window {
  /**
   * `up`: as in Caffe, the last window can extend past the right and bottom edge. `down`: pixels that do not fill a window
   * are not read.
   * @default 'up'
   */
  readonly rounding?: 'up' | 'down';
}

export interface AveragePoolWindow extends Window {
  /** Whether padding counts as zeros in the mean. @default true */
  readonly countsPadding?: boolean;
}

export type Activation = 'Relu' | 'Tanh' | 'none';

const imageName = 'data';
/** As in the later Inception networks. A larger value amplifies nearly constant channels less. */
const epsilon = 1e-3;
/** A protocol buffers message is limited to 2 GiB. Weights take four bytes each, and the rest of the file some space. */
const maxParameters = 2 ** 29 - 2 ** 22;

/**
 * Builds a network layer by layer. The input is float [N, 3, size, size]; nodes, values and weights are named after
 * their layer. Methods throw a `UserError` with the layer's name if the image is too small.
 */
export class NetworkBuilder {
  readonly #name: string;
  readonly #options: BuilderOptions;
  readonly #random: RandomWeights;
  readonly #size: number;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  #parameters = 0;

  /** @param size height and width of the image, pixels */
  constructor(name: string, size: number, options: BuilderOptions) {
    this.#name = name;
    this.#size = size;
    this.#options = options;
    this.#random = new RandomWeights(options.seed);
  }

  get image(): Feature {
    return { name: imageName, shape: [3, this.#size, this.#size] };
  }

  /** Number of filters or units after the width multiplier. */
  scaled(filters: number): number {
    return Math.max(1, Math.round(filters * this.#options.width));
  }

  convolution(input: Feature, name: string, filters: number, window: Window, activation: Activation = 'Relu'): Feature {
    const [channels, ...plane] = mapShape(input);
    const { batchNorm } = this.#options;
    const count = this.scaled(filters);
    const kernel = pairOf(window.kernel);
    const products = channels * kernel[0] * kernel[1];
    const weights = this.#weights(`${name}_w`, [count, channels, ...kernel], products, activation);
    const inputs = [input.name, weights, ...(batchNorm ? [] : [this.#constant(`${name}_b`, count, 0)])];
    const shape = [count, ...this.#outputSizes(name, plane, window, Math.floor)];
    const output = this.#node('Conv', name, inputs, shape, Object.values(windowAttributes(window)));
    return this.#activate(batchNorm ? this.#normalize(output, name) : output, name, activation);
  }

  maxPool(input: Feature, name: string, { rounding = 'up', ...window }: MaxPoolWindow): Feature {
    const [channels, ...plane] = mapShape(input);
    const counts = this.#outputSizes(name, plane, window, rounding === 'up' ? Math.ceil : Math.floor);
    const [kernel, padding] = [pairOf(window.kernel), pairOf(window.padding ?? 0)];
    const end = (axis: 0 | 1) =>
      Math.max(padding[axis], (counts[axis] - 1) * (window.stride ?? 1) + kernel[axis] - plane[axis] - padding[axis]);
    const attributes = Object.values(windowAttributes(window, [end(0), end(1)]));
    return this.#node('MaxPool', name, [input.name], [channels, ...counts], attributes);
  }

  averagePool(input: Feature, name: string, { countsPadding = true, ...window }: AveragePoolWindow): Feature {
    const [channels, ...plane] = mapShape(input);
    const counts = this.#outputSizes(name, plane, window, Math.floor);
    const { kernel, pads, strides } = windowAttributes(window);
    const isPadded = pairOf(window.padding ?? 0).some((pixels) => pixels > 0);
    const padding = isPadded ? [pads, intAttribute('count_include_pad', countsPadding ? 1 : 0)] : [];
    return this.#node('AveragePool', name, [input.name], [channels, ...counts], [kernel, strides, ...padding]);
  }

  /** Mean of each channel: [channels]. */
  globalAverage(input: Feature, name: string): Feature {
    const [channels] = mapShape(input);
    return this.flatten(this.#node('GlobalAveragePool', name, [input.name], [channels, 1, 1]), `${name}/flat`);
  }

  /** Over 5 channels, with the constants of Krizhevsky et al. (2012). Omitted in networks with batch normalization. */
  localResponseNorm(input: Feature, name: string): Feature {
    if (this.#options.batchNorm) return input;
    const attributes = [
      floatAttribute('alpha', 1e-4),
      floatAttribute('beta', 0.75),
      floatAttribute('bias', 1),
      intAttribute('size', 5),
    ];
    return this.#node('LRN', name, [input.name], input.shape, attributes);
  }

  /** Concatenates the channels of features with the same height and width. */
  concat(inputs: readonly Feature[], name: string): Feature {
    const shapes = inputs.map(mapShape);
    const channels = shapes.reduce((sum, [count]) => sum + count, 0);
    const [, height = 0, width = 0] = shapes[0] ?? [];
    const names = inputs.map((input) => input.name);
    return this.#node('Concat', name, names, [channels, height, width], [intAttribute('axis', 1)]);
  }

  /** The sum of two features of the same shape. */
  add(a: Feature, b: Feature, name: string): Feature {
    return this.#node('Add', name, [a.name, b.name], a.shape);
  }

  flatten(input: Feature, name: string): Feature {
    return this.#node('Flatten', name, [input.name], [elementCount(input.shape)], [intAttribute('axis', 1)]);
  }

  /** @param ratio share of the features that training sets to zero */
  dropout(input: Feature, name: string, ratio: number): Feature {
    if (!this.#options.dropout) return input;
    const value = tensorAttribute('value', makeTensor('', [], Float32Array.of(ratio)));
    const { name: ratioName } = this.#node('Constant', `${name}/ratio`, [], [], [value]);
    return this.#node('Dropout', name, [input.name, ratioName], input.shape);
  }

  /** A fully connected hidden layer. */
  hidden(input: Feature, name: string, units: number, activation: Activation = 'Relu'): Feature {
    return this.#activate(this.#linear(input, name, this.scaled(units), activation), name, activation);
  }

  /** The last layer and its softmax: probabilities [classes]. */
  classifier(input: Feature, name: string, classes: number): Feature {
    const logits = this.#linear(input, name, classes, 'none');
    return this.#node('Softmax', `${name}/softmax`, [logits.name], logits.shape, [intAttribute('axis', 1)]);
  }

  /** @param outputs by their names in the graph, float [N, features] each */
  graph(outputs: Readonly<Record<string, Feature>>): Graph {
    const named = Object.entries(outputs);
    const graph: Graph = {
      ...emptyGraph(this.#name, { irVersion: 8, opset: 13 }),
      inputs: [makeValue(imageName, 'float', ['N', ...this.image.shape])],
      outputs: named.map(([, { name, shape }]) => makeValue(name, 'float', ['N', ...shape])),
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
    return named.reduce((current, [name, feature]) => renameValue(current, feature.name, name), graph);
  }

  #linear(input: Feature, name: string, units: number, activation: Activation): Feature {
    const features = elementCount(input.shape);
    const weights = this.#weights(`${name}_w`, [units, features], features, activation);
    const bias = this.#constant(`${name}_b`, units, 0);
    return this.#node('Gemm', name, [input.name, weights, bias], [units], [intAttribute('transB', 1)]);
  }

  #normalize(input: Feature, name: string): Feature {
    const [channels = 0] = input.shape;
    const weights = { scale: 1, shift: 0, mean: 0, variance: 1 };
    const names = Object.entries(weights).map(([parameter, value]) =>
      this.#constant(`${name}/norm_${parameter}`, channels, value),
    );
    const attributes = [floatAttribute('epsilon', epsilon)];
    return this.#node('BatchNormalization', `${name}/norm`, [input.name, ...names], input.shape, attributes);
  }

  #activate(input: Feature, name: string, activation: Activation): Feature {
    if (activation === 'none') return input;
    return this.#node(activation, `${name}/${activation.toLowerCase()}`, [input.name], input.shape);
  }

  #node(
    opType: string,
    name: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: readonly AttributeProto[] = [],
  ): Feature {
    this.#nodes.push(makeNode(opType, inputs, [name], { name, attributes }));
    return { name, shape };
  }

  #weights(name: string, shape: readonly number[], inputs: number, activation: Activation): string {
    const gain = activation === 'Relu' ? 2 : 1;
    const count = elementCount(shape);
    this.#parameters += count;
    if (this.#parameters > maxParameters) {
      throw new UserError(
        `${this.#name} has too many weights at ${name}: choose a smaller size or width (a model file holds 2 GiB)`,
      );
    }
    this.#initializers.set(name, makeTensor(name, shape, this.#random.draw(count, inputs, gain)));
    return name;
  }

  #constant(name: string, count: number, value: number): string {
    this.#initializers.set(name, makeTensor(name, [count], new Float32Array(count).fill(value)));
    return name;
  }

  #outputSizes(name: string, plane: Pair, window: Window, round: (count: number) => number): Pair {
    const counts = windowCounts(plane, window, round);
    if (counts.every((count) => count >= 1)) return counts;
    const padding = pairOf(window.padding ?? 0);
    const padded = plane.map((length, axis) => length + 2 * (padding[axis] ?? 0));
    throw new UserError(
      `an image of ${this.#size}×${this.#size} pixels is too small for ${this.#name}: ` +
        `the input of ${name} is ${padded.join('×')}, smaller than its ${pairOf(window.kernel).join('×')} window`,
    );
  }
}

function mapShape({ name, shape }: Feature): [channels: number, height: number, width: number] {
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined) {
    throw new RangeError(`${name} has the shape [${shape.join(', ')}]: expected channels, height and width`);
  }
  return [channels, height, width];
}
