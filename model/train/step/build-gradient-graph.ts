import { emptyGraph, type Graph } from '../../graph/graph.ts';
import { makeValue } from '../../graph/value.ts';
import { removeUnusedWeights } from '../../import/file/remove-unused-weights.ts';
import { elementType } from '../../onnx/element-type.ts';
import { removeUnusedNodes } from '../../passes/remove-unused-nodes.ts';
import { differentiate } from '../gradient/differentiate.ts';
import { Emitter } from '../gradient/emitter.ts';
import { addSampling, type Sampling, samplingInputs, samplingShapes } from './add-sampling.ts';
import { expandBatchNorm } from './expand-batch-norm.ts';
import { inferShapes } from './infer-shapes.ts';
import type { Classifier, TrainableNetwork } from './make-trainable.ts';
import { type Layout, lengthOf, type Parameter } from './parameters.ts';

export interface GradientOptions {
  readonly sampling: Sampling;
  readonly layout: Layout;
  /** λ of the penalty λ/2 · w². */
  readonly weightDecay: number;
  /** Weight of an auxiliary classifier's loss; the paper uses 0.3. */
  readonly auxiliaryWeight: number;
  /** ε of label smoothing; 0: none. */
  readonly labelSmoothing: number;
  /** Whether only operators that every provider has compute the statistics of batch normalization. @default false */
  readonly portable?: boolean;
}

/** Names of the inputs besides those of `addSampling` and random numbers for dropout. */
export const gradientInputs = { labels: 'labels', weights: 'weights' } as const;
export const gradientOutputs = {
  loss: 'loss',
  correct: 'correct',
  gradient: 'gradient',
  batchStatistics: 'batch_statistics',
} as const;

/**
 * The gradient of the loss on one batch of samples. All weights are one vector, see `layoutOf`, so that a step passes few
 * tensors to the next.
 *
 * Inputs: those of `addSampling`, `labels` int64 [N], `weights` float [P], and random numbers for dropout. Outputs: `loss`
 * [], the mean cross-entropy of the main classifier without smoothing; `correct` [], its number of correct predictions; `gradient` [P] of the
 * loss of all classifiers and the penalty; and `batch_statistics` [S] with batch normalization.
 */
export async function buildGradientGraph(network: TrainableNetwork, options: GradientOptions): Promise<Graph> {
  const { sampling, layout } = options;
  const { labels } = gradientInputs;
  const logits = network.classifiers.map(({ logits: name }) => makeValue(name, 'float', ['N', 'classes']));
  const forward: Graph = { ...network.graph, outputs: logits, valueInfo: [] };
  const shapes = await inferShapes(removeUnusedNodes(forward).graph, sampling.batch);
  const inputs = [...forward.inputs, makeValue(labels, 'int64', [sampling.batch])];
  const losses = new Emitter({ ...removeUnusedNodes(forward).graph, inputs }, shapes, 'loss');
  const [main = '', ...others] = network.classifiers.map(({ logits: name }) =>
    losses.add('SoftmaxCrossEntropyLoss', [name, labels], []),
  );
  const smoothed = network.classifiers.map(({ logits: name }, index) =>
    smoothedLoss(losses, name, [main, ...others][index] ?? '', options.labelSmoothing),
  );
  const weighted = smoothed.map((loss, index) => (index === 0 ? loss : losses.times(loss, options.auxiliaryWeight)));
  const total = weighted.length === 1 ? (weighted[0] ?? '') : losses.add('Sum', weighted, []);
  const names = layout.weights.map(({ name }) => name);
  const { graph, shapes: allShapes, gradients } = differentiate(losses.graph, losses.shapes, total, names);
  const emit = new Emitter(graph, allShapes, 'result');
  addGradient(emit, options, gradients);
  addStatistics(emit, network, layout.statistics);
  addMetrics(emit, network.classifiers[0], main, sampling.batch);
  return assemble(options.portable === true ? expandBatchNorm(emit.graph, emit.shapes) : emit.graph, network, options);
}

/**
 * The cross-entropy with (1 − ε) of the label and ε/K of every class (Szegedy et al. 2015, section 7), which is
 * (1 − ε) · loss − ε · the mean log-probability of all classes.
 */
function smoothedLoss(emit: Emitter, logits: string, loss: string, epsilon: number): string {
  if (epsilon === 0) return loss;
  const logarithms = emit.add('LogSoftmax', [logits], emit.shape(logits), { axis: 1 });
  const mean = emit.add('ReduceMean', [logarithms], [], { keepdims: 0 });
  return emit.add('Sub', [emit.times(loss, 1 - epsilon), emit.times(mean, epsilon)], []);
}

function addGradient(
  emit: Emitter,
  { layout, weightDecay }: GradientOptions,
  gradients: ReadonlyMap<string, string>,
): void {
  const vectors = layout.weights.map(({ name, size, decays, shape }) => {
    const gradient = gradients.get(name) ?? '';
    const total =
      decays && weightDecay > 0 ? emit.add('Add', [gradient, emit.times(name, weightDecay)], shape) : gradient;
    return emit.reshape(total, [size]);
  });
  emit.addAs('Concat', vectors, gradientOutputs.gradient, [lengthOf(layout.weights)], { axis: 0 });
}

function addStatistics(emit: Emitter, { batchStatistics }: TrainableNetwork, statistics: readonly Parameter[]): void {
  if (statistics.length === 0) return;
  const vectors = statistics.map(({ name, size }) => emit.reshape(batchStatistics.get(name) ?? '', [size]));
  emit.addAs('Concat', vectors, gradientOutputs.batchStatistics, [lengthOf(statistics)], { axis: 0 });
}

function addMetrics(emit: Emitter, main: Classifier | undefined, loss: string, batch: number): void {
  emit.addAs('Identity', [loss], gradientOutputs.loss, []);
  const best = emit.add('ArgMax', [main?.logits ?? ''], [batch], { axis: 1, keepdims: 0 });
  const isCorrect = emit.add('Equal', [best, gradientInputs.labels], [batch]);
  const ones = emit.add('Cast', [isCorrect], [batch], { to: elementType.float });
  emit.addAs('ReduceSum', [ones], gradientOutputs.correct, [], { keepdims: 0 });
}

/** Adds the nodes before the network: sampling, and splitting the weight vector. */
function assemble(step: Graph, network: TrainableNetwork, { sampling, layout }: GradientOptions): Graph {
  const { weights } = gradientInputs;
  const length = [lengthOf(layout.weights)];
  const shapes = samplingShapes(sampling);
  const empty = emptyGraph('training step', { irVersion: step.irVersion, opset: step.opset });
  const front = new Emitter(empty, new Map([...shapes, [weights, length]]), 'sample');
  addSampling(front, sampling, network.pixels);
  splitWeights(front, weights, layout.weights);
  const trained = new Set(layout.weights.map(({ name }) => name));
  const constants = [...step.initializers].filter(([name]) => !trained.has(name));
  const { loss, correct, gradient, batchStatistics } = gradientOutputs;
  const whole: Graph = {
    ...front.graph,
    inputs: [
      ...Array.from(shapes, ([name, shape]) =>
        makeValue(name, name === samplingInputs.images ? 'uint8' : 'float', shape),
      ),
      ...step.inputs.filter(({ name }) => name !== network.pixels),
      makeValue(weights, 'float', length),
    ],
    outputs: [
      ...[loss, correct].map((name) => makeValue(name, 'float', [])),
      makeValue(gradient, 'float', length),
      ...(layout.statistics.length === 0 ? [] : [makeValue(batchStatistics, 'float', [lengthOf(layout.statistics)])]),
    ],
    nodes: [...front.graph.nodes, ...step.nodes],
    initializers: new Map([...front.graph.initializers, ...constants]),
  };
  return removeUnusedWeights(removeUnusedNodes(whole).graph).graph;
}

/** A slice per weight: a split into more than twelve exceeds the buffers that WebGPU can bind. */
function splitWeights(emit: Emitter, vector: string, parameters: readonly Parameter[]): void {
  for (const { name, shape, offset, size } of parameters) {
    const slice = emit.add('Slice', [vector, emit.ints([offset]), emit.ints([offset + size])], [size]);
    emit.addAs('Reshape', [slice, emit.ints(shape)], name, shape);
  }
}
