import { intAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';

/** Every graph selects `rows`, int64 [N], of `embeddings`, float [images, size]. */
const chosen = {
  inputs: (size: number) => [makeValue('embeddings', 'float', ['images', size]), makeValue('rows', 'int64', ['N'])],
  node: makeNode('Gather', ['embeddings', 'rows'], ['chosen']),
};

function graphWith(
  name: string,
  contents: Pick<Graph, 'inputs' | 'outputs' | 'nodes'>,
  constants: Readonly<Record<string, TensorData>> = {},
): Graph {
  const tensors = Object.entries(constants).map(([constant, data]) =>
    makeTensor(constant, constant === 'classes' ? [] : [data.length], data),
  );
  return {
    ...emptyGraph(name, { irVersion: 8, opset: 13 }),
    ...contents,
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

/** Sums over images. Outputs: `sum` and `squares`, float [size]. */
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
 * With p = softmax(W z + b) and y the one-hot labels, the loss is −Σ y · log p; its gradient is (p − y)ᵀ z for W and
 * Σ (p − y) for b (Bishop, Pattern Recognition and Machine Learning, equations 4.108 and 4.109).
 *
 * Further inputs: `labels` int64 [N], `mean` and `scale` float [size], `weights` float [classes, size], `bias` float
 * [classes]. Outputs: `logLikelihood` float scalar, the negated loss; `weightGradient` and `biasGradient`.
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
        makeValue('weightGradient', 'float', matrix),
        makeValue('biasGradient', 'float', [classes]),
      ],
      nodes: [
        chosen.node,
        makeNode('Sub', ['chosen', 'mean'], ['centered']),
        makeNode('Mul', ['centered', 'scale'], ['scaled']),
        makeNode('Gemm', ['scaled', 'weights', 'bias'], ['logits'], { attributes: [intAttribute('transB', 1)] }),
        makeNode('LogSoftmax', ['logits'], ['logProbabilities'], { attributes: [intAttribute('axis', 1)] }),
        makeNode('OneHot', ['labels', 'classes', 'offOn'], ['oneHot'], { attributes: [intAttribute('axis', -1)] }),
        makeNode('Mul', ['oneHot', 'logProbabilities'], ['likelihoods']),
        makeNode('ReduceSum', ['likelihoods'], ['logLikelihood'], { attributes: [intAttribute('keepdims', 0)] }),
        makeNode('Exp', ['logProbabilities'], ['probabilities']),
        makeNode('Sub', ['probabilities', 'oneHot'], ['error']),
        makeNode('Gemm', ['error', 'scaled'], ['weightGradient'], { attributes: [intAttribute('transA', 1)] }),
        makeNode('ReduceSum', ['error', 'first'], ['biasGradient'], { attributes: [intAttribute('keepdims', 0)] }),
      ],
    },
    { classes: BigInt64Array.of(BigInt(classes)), offOn: Float32Array.of(0, 1), first: BigInt64Array.of(0n) },
  );
}

/** Further inputs: `weights` and `bias`. Output: `probabilities`, float [N, classes]. */
export function buildPredictionGraph(size: number, classes: number): Graph {
  return graphWith('prediction', {
    inputs: [
      ...chosen.inputs(size),
      makeValue('weights', 'float', [classes, size]),
      makeValue('bias', 'float', [classes]),
    ],
    outputs: [makeValue('probabilities', 'float', ['N', classes])],
    nodes: [
      chosen.node,
      makeNode('Gemm', ['chosen', 'weights', 'bias'], ['logits'], { attributes: [intAttribute('transB', 1)] }),
      makeNode('Softmax', ['logits'], ['probabilities'], { attributes: [intAttribute('axis', 1)] }),
    ],
  });
}
