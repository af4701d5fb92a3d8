import { UserError } from '../../shared/failures/user-error.ts';
import { floatAttribute, intAttribute, intsAttribute, tensorAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { renameValue } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import type { AttributeProto, NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../onnx/tensor.ts';
import { RandomWeights } from './random-weights.ts';

/** A value of the network under construction, its shape without the batch: [channels, height, width] or [features]. */
export interface Feature {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface BuilderOptions {
  /** Multiplies the filters of every layer but the last. */
  readonly width: number;
  /** Convolutions are followed by batch normalisation instead of having a bias. */
  readonly batchNorm: boolean;
  /** Dropout nodes, which do nothing but in training, are kept. */
  readonly dropout: boolean;
  /** Of the random weights. */
  readonly seed: number;
}

export interface Window {
  readonly kernel: number;
  readonly stride?: number;
  /** Pixels on every side. */
  readonly padding?: number;
}

export type Activation = 'Relu' | 'Tanh' | 'none';

const imageName = 'data';
/** As in the authors' later networks: keeps a channel that hardly varies from being blown up. */
const epsilon = 1e-3;
/** Four bytes each; a protocol buffers message holds less than 2 GiB, and the rest of the file needs some room. */
const maxParameters = 2 ** 29 - 2 ** 22;

/**
 * Builds a network layer by layer: float [N, 3, size, size] in. Each layer's nodes, values and weights bear its name.
 * Its methods throw a `UserError` naming the layer for which the image is too small.
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

  /** Filters or units that stand in a table, as many as the width multiplier makes them. */
  scaled(filters: number): number {
    return Math.max(1, Math.round(filters * this.#options.width));
  }

  convolution(
    input: Feature,
    name: string,
    filters: number,
    { kernel, stride = 1, padding = 0 }: Window,
    activation: Activation = 'Relu',
  ): Feature {
    const [channels, height, width] = plane(input);
    const { batchNorm } = this.#options;
    const count = this.scaled(filters);
    const size = (length: number) => this.#outputSize(name, length + 2 * padding, kernel, Math.floor, stride);
    const weights = this.#weights(`${name}_w`, [count, channels, kernel, kernel], channels * kernel ** 2, activation);
    const attributes = [
      intsAttribute('kernel_shape', [kernel, kernel]),
      intsAttribute('pads', [padding, padding, padding, padding]),
      intsAttribute('strides', [stride, stride]),
    ];
    const inputs = [input.name, weights, ...(batchNorm ? [] : [this.#constant(`${name}_b`, count, 0)])];
    const shape = [count, size(height), size(width)];
    const output = this.#node('Conv', name, inputs, shape, attributes);
    return this.#activate(batchNorm ? this.#normalise(output, name) : output, name, activation);
  }

  /** Windows as Caffe lays them: the last may reach over the right and bottom edge, where there is only padding. */
  maxPool(input: Feature, name: string, { kernel, stride = 1, padding = 0 }: Window): Feature {
    const [channels, height, width] = plane(input);
    const sizes = [height, width].map((length) =>
      this.#outputSize(name, length + 2 * padding, kernel, Math.ceil, stride),
    );
    const ends = [height, width].map((length, axis) =>
      Math.max(padding, ((sizes[axis] ?? 0) - 1) * stride + kernel - length - padding),
    );
    return this.#node(
      'MaxPool',
      name,
      [input.name],
      [channels, ...sizes],
      [
        intsAttribute('kernel_shape', [kernel, kernel]),
        intsAttribute('pads', [padding, padding, ...ends]),
        intsAttribute('strides', [stride, stride]),
      ],
    );
  }

  /** Padding counts as black pixels. */
  averagePool(input: Feature, name: string, { kernel, stride = 1, padding = 0 }: Window): Feature {
    const [channels, height, width] = plane(input);
    const sizes = [height, width].map((length) =>
      this.#outputSize(name, length + 2 * padding, kernel, Math.floor, stride),
    );
    const pads = [intsAttribute('pads', [padding, padding, padding, padding]), intAttribute('count_include_pad', 1)];
    return this.#node(
      'AveragePool',
      name,
      [input.name],
      [channels, ...sizes],
      [
        intsAttribute('kernel_shape', [kernel, kernel]),
        intsAttribute('strides', [stride, stride]),
        ...(padding === 0 ? [] : pads),
      ],
    );
  }

  /** The mean of each channel, as features. */
  globalAverage(input: Feature, name: string): Feature {
    const [channels] = plane(input);
    return this.flatten(this.#node('GlobalAveragePool', name, [input.name], [channels, 1, 1]), `${name}/flat`);
  }

  /** Across 5 channels, with Krizhevsky's constants; nothing where batch normalisation takes its place. */
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

  /** Joins the channels of features of one height and width. */
  concat(inputs: readonly Feature[], name: string): Feature {
    const shapes = inputs.map(plane);
    const channels = shapes.reduce((sum, [count]) => sum + count, 0);
    const [, height = 0, width = 0] = shapes[0] ?? [];
    const names = inputs.map((input) => input.name);
    return this.#node('Concat', name, names, [channels, height, width], [intAttribute('axis', 1)]);
  }

  flatten(input: Feature, name: string): Feature {
    return this.#node('Flatten', name, [input.name], [elementCount(input.shape)], [intAttribute('axis', 1)]);
  }

  /** @param ratio share of the features that training leaves out */
  dropout(input: Feature, name: string, ratio: number): Feature {
    if (!this.#options.dropout) return input;
    const value = tensorAttribute('value', makeTensor('', [], Float32Array.of(ratio)));
    const { name: ratioName } = this.#node('Constant', `${name}/ratio`, [], [], [value]);
    return this.#node('Dropout', name, [input.name, ratioName], input.shape);
  }

  /** A hidden layer, every feature linked to every unit. */
  hidden(input: Feature, name: string, units: number, activation: Activation = 'Relu'): Feature {
    return this.#activate(this.#linear(input, name, this.scaled(units), activation), name, activation);
  }

  /** The last layer: its softmax. */
  classifier(input: Feature, name: string, classes: number): Feature {
    const logits = this.#linear(input, name, classes, 'none');
    return this.#node('Softmax', `${name}/softmax`, [logits.name], logits.shape, [intAttribute('axis', 1)]);
  }

  /** The graph, its outputs float [N, features] under the names given here. */
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

  #normalise(input: Feature, name: string): Feature {
    const [channels = 0] = input.shape;
    const weights = { scale: 1, shift: 0, mean: 0, variance: 1 };
    const names = Object.entries(weights).map(([what, value]) =>
      this.#constant(`${name}/norm_${what}`, channels, value),
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
      throw new UserError(`${this.#name} of this size and width has too many weights at ${name}: a file holds 2 GiB`);
    }
    this.#initializers.set(name, makeTensor(name, shape, this.#random.draw(count, inputs, gain)));
    return name;
  }

  #constant(name: string, count: number, value: number): string {
    this.#initializers.set(name, makeTensor(name, [count], new Float32Array(count).fill(value)));
    return name;
  }

  #outputSize(name: string, length: number, kernel: number, round: (value: number) => number, stride: number): number {
    const size = round((length - kernel) / stride) + 1;
    if (size < 1) {
      throw new UserError(
        `an image of ${this.#size}×${this.#size} pixels is too small for ${this.#name}: ` +
          `at ${name} only ${length}×${length} are left for a window of ${kernel}×${kernel}`,
      );
    }
    return size;
  }
}

function plane({ name, shape }: Feature): [channels: number, height: number, width: number] {
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined) {
    throw new RangeError(`${name} has the shape [${shape.join(', ')}]: expected channels, height and width`);
  }
  return [channels, height, width];
}
