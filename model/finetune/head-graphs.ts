import { intAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';

/** Every graph here reads `embeddings`, float [images, size], at `rows`, int64 [N]. */
const chosen = {
  inputs: (size: number) => [makeValue('embeddings', 'float', ['images', size]), makeValue('rows', 'int64', ['N'])],
  node: makeNode('Gather', ['embeddings', 'rows'], ['chosen']),
};

function graphWith(
  name: string,
  parts: Pick<Graph, 'inputs' | 'outputs' | 'nodes'>,
  constants: Readonly<Record<string, TensorData>> = {},
): Graph {
  const tensors = Object.entries(constants).map(([own, data]) =>
    makeTensor(own, own === 'classes' ? [] : [data.length], data),
  );
  return {
    ...emptyGraph(name, { irVersion: 8, opset: 13 }),
    ...parts,
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

/** Sums over images: `sum` and `squares`, float [size]. */
export function buildMomentsGraph(size: number): Graph {
  return graphWith(
    'moments',
    {
      inputs: chosen.inputs(size),
      outputs: ['sum', 'squares'].map((name) => makeValue(name, 'float', [size])),
      nodes: [
        chosen.node,
        makeNode('Mul', ['chosen', 'chosen'], ['squared']),
        makeNode('ReduceSum', ['chosen', 'first'], ['sum'], { attributes: [intAttribute('keepdims', 0)] }),
        makeNode('ReduceSum', ['squared', 'first'], ['squares'], { attributes: [intAttribute('keepdims', 0)] }),
      ],
    },
    { first: BigInt64Array.of(0n) },
  );
}

/**
 * Cross-entropy of a linear classifier over scaled embeddings z = (x − mean) · scale, summed over images, and its gradient.
 * With p = softmax(W z + b) and y the one-hot labels, the loss is −Σ y · log p, its gradient (p − y)ᵀ z by W and Σ (p − y)
 * by b (Bishop, Pattern Recognition and Machine Learning, equations 4.108 and 4.109).
 *
 * Further inputs: `labels` int64 [N], `mean` and `scale` float [size], `weights` float [classes, size], `bias` float
 * [classes]. Outputs: `logLikelihood` float scalar, which is the loss negated; `byWeights`, `byBias`, shaped as these.
 */
export function buildLossGraph(size: number, classes: number): Graph {
  const matrix = [classes, size];
  return graphWith(
    'loss',
    {
      inputs: [
        ...chosen.inputs(size),
        makeValue('labels', 'int64', ['N']),
        ...['mean', 'scale'].map((name) => makeValue(name, 'float', [size])),
        makeValue('weights', 'float', matrix),
        makeValue('bias', 'float', [classes]),
      ],
      outputs: [
        makeValue('logLikelihood', 'float', []),
        makeValue('byWeights', 'float', matrix),
        makeValue('byBias', 'float', [classes]),
      ],
      nodes: [
        chosen.node,
        makeNode('Sub', ['chosen', 'mean'], ['centred']),
        makeNode('Mul', ['centred', 'scale'], ['scaled']),
        makeNode('Gemm', ['scaled', 'weights', 'bias'], ['logits'], { attributes: [intAttribute('transB', 1)] }),
        makeNode('LogSoftmax', ['logits'], ['logProbabilities'], { attributes: [intAttribute('axis', 1)] }),
        makeNode('OneHot', ['labels', 'classes', 'offOn'], ['wanted'], { attributes: [intAttribute('axis', -1)] }),
        makeNode('Mul', ['wanted', 'logProbabilities'], ['ofWanted']),
        makeNode('ReduceSum', ['ofWanted'], ['logLikelihood'], { attributes: [intAttribute('keepdims', 0)] }),
        makeNode('Exp', ['logProbabilities'], ['probabilities']),
        makeNode('Sub', ['probabilities', 'wanted'], ['error']),
        makeNode('Gemm', ['error', 'scaled'], ['byWeights'], { attributes: [intAttribute('transA', 1)] }),
        makeNode('ReduceSum', ['error', 'first'], ['byBias'], { attributes: [intAttribute('keepdims', 0)] }),
      ],
    },
    { classes: BigInt64Array.of(BigInt(classes)), offOn: Float32Array.of(0, 1), first: BigInt64Array.of(0n) },
  );
}

/** The most probable class of each image: `best`, int64 [N], by `weights` and `bias` over embeddings as they are. */
export function buildPredictionGraph(size: number, classes: number): Graph {
  return graphWith('best', {
    inputs: [
      ...chosen.inputs(size),
      makeValue('weights', 'float', [classes, size]),
      makeValue('bias', 'float', [classes]),
    ],
    outputs: [makeValue('best', 'int64', ['N'])],
    nodes: [
      chosen.node,
      makeNode('Gemm', ['chosen', 'weights', 'bias'], ['logits'], { attributes: [intAttribute('transB', 1)] }),
      makeNode('ArgMax', ['logits'], ['best'], {
        attributes: [intAttribute('axis', 1), intAttribute('keepdims', 0)],
      }),
    ],
  });
}
