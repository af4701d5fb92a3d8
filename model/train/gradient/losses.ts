import { getInt, getString } from '../../graph/attribute.ts';
import { type Derivative, input, output, unsupported } from './derivative.ts';

/** p = softmax(x): dx = p · (dp − Σ dp · p) along the axis. */
export const softmax: Derivative = ({ node, gradient, emit, needs }) => {
  if (!needs(0)) return [];
  const shape = emit.shape(gradient);
  const axis = (getInt(node, 'axis', -1) + shape.length) % shape.length;
  const p = output(node);
  const summed = emit.add(
    'ReduceSum',
    [emit.add('Mul', [gradient, p], shape), emit.ints([axis])],
    shape.map((size, index) => (index === axis ? 1 : size)),
    { keepdims: 1 },
  );
  return [emit.add('Mul', [p, emit.add('Sub', [gradient, summed], shape)], shape)];
};

/** y = log softmax(x): dx = dy − softmax(x) · Σ dy along the axis. */
export const logSoftmax: Derivative = ({ node, gradient, emit, needs }) => {
  if (!needs(0)) return [];
  const shape = emit.shape(gradient);
  const axis = (getInt(node, 'axis', -1) + shape.length) % shape.length;
  const reduced = shape.map((size, index) => (index === axis ? 1 : size));
  const summed = emit.add('ReduceSum', [gradient, emit.ints([axis])], reduced, { keepdims: 1 });
  const p = emit.add('Exp', [output(node)], shape);
  return [emit.add('Sub', [gradient, emit.add('Mul', [p, summed], shape)], shape)];
};

/**
 * Cross-entropy of softmax(x) [N, classes] and labels [N], the mean or the sum over images: dx = (p − y) · dl, divided by N
 * for the mean (Bishop, Pattern Recognition and Machine Learning, equation 4.109).
 */
export const softmaxCrossEntropy: Derivative = ({ node, gradient, emit, needs }) => {
  if (!needs(0)) return [];
  const reduction = getString(node, 'reduction', 'mean');
  const [scores, labels] = [input(node, 0), input(node, 1)];
  const shape = emit.shape(scores);
  const [images = 1, classes = 0] = shape;
  const isPlain =
    shape.length === 2 && input(node, 2) === '' && !node.attribute.some(({ name }) => name === 'ignore_index');
  if (!isPlain || reduction === 'none')
    throw unsupported(node, 'scores [N, classes], no class weights, and a mean or sum are required');
  const p = emit.add('Softmax', [scores], shape, { axis: 1 });
  const offOn = emit.constant([2], Float32Array.of(0, 1));
  const oneHot = emit.add('OneHot', [labels, emit.ints([classes]), offOn], shape, { axis: 1 });
  const error = emit.add('Sub', [p, oneHot], shape);
  const factor = reduction === 'mean' ? emit.times(gradient, 1 / images) : gradient;
  return [emit.add('Mul', [error, factor], shape)];
};
