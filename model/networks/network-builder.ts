import { UserError } from '../../shared/failures/user-error.ts';
import { floatAttribute, intAttribute, intsAttribute, tensorAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { renameValue } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import type { AttributeProto, NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../onnx/tensor.ts';
import type { BuilderOptions } from './network-options.ts';
import { RandomWeights } from './random-weights.ts';

/** A value of the network. Its shape omits the batch: [channels, height, width] or [features]. */
export interface Feature {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface Window {
  readonly kernel: number;
  readonly stride?: number;
  /** Pixels added on every side. */
  readonly padding?: number;
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
    const { kernel, stride = 1, padding = 0 } = window;
    const [channels, ...plane] = mapShape(input);
    const { batchNorm } = this.#options;
    const count = this.scaled(filters);
    const weights = this.#weights(`${name}_w`, [count, channels, kernel, kernel], channels * kernel ** 2, activation);
    const attributes = [
      square('kernel_shape', kernel),
      intsAttribute('pads', [padding, padding, padding, padding]),
      square('strides', stride),
    ];
    const inputs = [input.name, weights, ...(batchNorm ? [] : [this.#constant(`${name}_b`, count, 0)])];
    const shape = [count, ...this.#outputSizes(name, plane, window, Math.floor)];
    const output = this.#node('Conv', name, inputs, shape, attributes);
    return this.#activate(batchNorm ? this.#normalize(output, name) : output, name, activation);
  }

  /** Rounds the output size up, as Caffe does: the last window can extend past the right and bottom edge. */
  maxPool(input: Feature, name: string, window: Window): Feature {
    const { kernel, stride = 1, padding = 0 } = window;
    const [channels, ...plane] = mapShape(input);
    const sizes = this.#outputSizes(name, plane, window, Math.ceil);
    const ends = plane.map((length, axis) =>
      Math.max(padding, ((sizes[axis] ?? 0) - 1) * stride + kernel - length - padding),
    );
    const pads = intsAttribute('pads', [padding, padding, ...ends]);
    const attributes = [square('kernel_shape', kernel), pads, square('strides', stride)];
    return this.#node('MaxPool', name, [input.name], [channels, ...sizes], attributes);
  }

  /** Padding counts as zeros in the mean. */
  averagePool(input: Feature, name: string, window: Window): Feature {
    const { kernel, stride = 1, padding = 0 } = window;
    const [channels, ...plane] = mapShape(input);
    const sizes = this.#outputSizes(name, plane, window, Math.floor);
    const pads = [intsAttribute('pads', [padding, padding, padding, padding]), intAttribute('count_include_pad', 1)];
    const attributes = [square('kernel_shape', kernel), square('strides', stride), ...(padding === 0 ? [] : pads)];
    return this.#node('AveragePool', name, [input.name], [channels, ...sizes], attributes);
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

  #outputSizes(name: string, plane: readonly number[], window: Window, round: (size: number) => number): number[] {
    const { kernel, stride = 1, padding = 0 } = window;
    return plane.map((length) => {
      const padded = length + 2 * padding;
      const size = round((padded - kernel) / stride) + 1;
      if (size >= 1) return size;
      throw new UserError(
        `an image of ${this.#size}×${this.#size} pixels is too small for ${this.#name}: ` +
          `the input of ${name} is ${padded}×${padded}, smaller than its ${kernel}×${kernel} window`,
      );
    });
  }
}

function square(name: string, length: number): AttributeProto {
  return intsAttribute(name, [length, length]);
}

function mapShape({ name, shape }: Feature): [channels: number, height: number, width: number] {
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined) {
    throw new RangeError(`${name} has the shape [${shape.join(', ')}]: expected channels, height and width`);
  }
  return [channels, height, width];
}
