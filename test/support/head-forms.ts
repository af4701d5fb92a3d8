import { intAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';
import {
  append,
  formClasses,
  formFeatures,
  type NodeRow,
  plainForm,
  withOutputs,
  withWeights,
} from './import-forms.ts';

const weights = [
  makeTensor('temperature', [], Float32Array.of(2.5)),
  makeTensor('ones', [1], BigInt64Array.of(1n)),
  makeTensor('third', [], Float32Array.of(1 / 3)),
  makeTensor('square', [], Float32Array.of(6.25)),
  makeTensor('maps', [4], BigInt64Array.of(0n, BigInt(formClasses), 1n, 1n)),
  makeTensor('row', [3], BigInt64Array.of(-1n, 1n, BigInt(formClasses))),
  makeTensor('classes', [2], BigInt64Array.of(-1n, BigInt(formClasses))),
  makeTensor('small', [], Float32Array.of(1e-7)),
  makeTensor('nan', [], Float32Array.of(Number.NaN)),
  makeTensor('zero', [], Float32Array.of(0)),
  makeTensor('matrix', [formFeatures, formClasses], new Float32Array(formFeatures * formClasses).fill(1)),
  makeTensor('perClass', [formClasses], new Float32Array(formClasses)),
  makeTensor('negative', [], Float32Array.of(-0.5)),
  makeTensor('step', [], Float32Array.of(1 / 256)),
  makeTensor('noOffset', [], Uint8Array.of(0)),
  makeTensor('fours', [3], BigInt64Array.of(-1n, 2n, 4n)),
  makeTensor('square4', [4, 2], new Float32Array(8).fill(1)),
  makeTensor('doubles', [formFeatures, formClasses], new Float64Array(formFeatures * formClasses).fill(1)),
  makeTensor('pairs', [3], BigInt64Array.of(-1n, 2n, 2n)),
  makeTensor('last', [1], BigInt64Array.of(3n)),
];
/** The plain form, with the weights that forms of heads need. */
export const plain = withWeights(plainForm(), ...weights);
/** The same with one logit. */
export const one = withWeights(plainForm({ classes: 1 }), ...weights);
export const perClass = ['N', formClasses] as const;
export const axis1 = intAttribute('axis', 1);
export const softmaxRow: NodeRow = ['Softmax', ['logits'], 'p', axis1];

/** The value that the last layer of the plain form reads. */
export const features = plain.nodes.find(({ opType }) => opType === 'Gemm')?.input[0] ?? '';

/** The plain form with nodes after it, of which this value is the output. */
export const ending = (value: string, ...rows: NodeRow[]): Graph =>
  withOutputs(append(plain, ...rows), [value, 'float', perClass]);
