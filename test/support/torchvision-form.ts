import { intAttribute, intsAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import { floatData, makeTensor, tensorShape } from '../../model/onnx/tensor.ts';

const mean = [0.485, 0.456, 0.406] as const;
const deviation = [0.229, 0.224, 0.225] as const;
/** Means of the published GoogLeNet, pixels, red first. */
const publishedMean = [123, 117, 104] as const;

/**
 * The published GoogLeNet, which takes BGR pixels minus their means, in the form that torchvision exports with
 * `transform_input`: RGB normalized by the mean and deviation of ImageNet, each channel converted inside the network to
 * (pixel ÷ 127.5) − 1, and the first convolution adapted to that. Padding differs: it is 0 in the new values, gray pixels.
 * @param graph without weights among its inputs
 */
export function torchvisionForm(graph: Graph): Graph {
  const [first, ...rest] = graph.nodes;
  const [image = '', weights = '', bias = ''] = first?.input ?? [];
  const [weightTensor, biasTensor] = [graph.initializers.get(weights), graph.initializers.get(bias)];
  if (first === undefined || !isOperator(first, 'Conv') || !weightTensor || !biasTensor) {
    throw new Error('expected a convolution with weights and bias first');
  }
  const adapted = adapt(floatData(weightTensor), floatData(biasTensor), tensorShape(weightTensor));
  const initializers = new Map(graph.initializers)
    .set(weights, makeTensor(weights, tensorShape(weightTensor), adapted.weights))
    .set(bias, makeTensor(bias, tensorShape(biasTensor), adapted.bias));
  const channels = [0, 1, 2] as const;
  const nodes = channels.flatMap((channel) => {
    const name = (part: string) => `transform_${part}_${channel}`;
    const number = (part: string, value: number) =>
      initializers.set(name(part), makeTensor(name(part), [], Float32Array.of(value)));
    initializers.set(name('index'), makeTensor(name('index'), [], BigInt64Array.of(BigInt(channel))));
    number('factor', deviation[channel] / 0.5);
    number('shift', (mean[channel] - 0.5) / 0.5);
    return [
      makeNode('Gather', [image, name('index')], [name('plane')], { attributes: [intAttribute('axis', 1)] }),
      makeNode('Unsqueeze', [name('plane')], [name('channel')], { attributes: [intsAttribute('axes', [1])] }),
      makeNode('Mul', [name('channel'), name('factor')], [name('scaled')]),
      makeNode('Add', [name('scaled'), name('shift')], [name('transformed')]),
    ];
  });
  const joined = makeNode(
    'Concat',
    channels.map((channel) => `transform_transformed_${channel}`),
    ['transformed'],
    {
      attributes: [intAttribute('axis', 1)],
    },
  );
  return {
    ...graph,
    inputs: [makeValue(image, 'float', [1, 3, 224, 224])],
    nodes: [...nodes, joined, { ...first, input: ['transformed', weights, bias] }, ...rest],
    initializers,
  };
}

/** Weights and bias for RGB values x = pixel ÷ 127.5 − 1 instead of BGR values pixel − mean. */
function adapt(weights: Float32Array, bias: Float32Array, shape: readonly number[]) {
  const [filters = 0, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const adapted = new Float32Array(weights.length);
  const shifted = Float32Array.from(bias);
  for (let filter = 0; filter < filters; filter += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      for (let at = 0; at < plane; at += 1) {
        const weight = weights[(filter * channels + channels - 1 - channel) * plane + at] ?? Number.NaN;
        adapted[(filter * channels + channel) * plane + at] = weight * 127.5;
        shifted[filter] = (shifted[filter] ?? Number.NaN) + weight * (127.5 - (publishedMean[channel] ?? Number.NaN));
      }
    }
  }
  return { weights: adapted, bias: shifted };
}
