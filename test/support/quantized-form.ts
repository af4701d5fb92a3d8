import { intAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../model/graph/node.ts';
import type { NodeProto, TensorProto } from '../../model/onnx/onnx_pb.ts';
import { floatData, makeTensor, tensorShape } from '../../model/onnx/tensor.ts';
import { toHalfTensor } from '../../model/quantize/to-half-tensor.ts';
import { append, plainForm, prepend, withInput, withOutputs } from './import-forms.ts';

const activationScale = 0.05;

/**
 * The plain form with values rounded to int8 around each layer, in the QDQ form of the exporters: the layers stay float,
 * and a QuantizeLinear and a DequantizeLinear stand before them.
 * @param head `QDQ`, or the last layer as QLinearMatMul on integers
 */
export function quantizedForm(head: 'QDQ' | 'QLinearMatMul'): Graph {
  const plain = plainForm();
  const initializers = new Map<string, TensorProto>([
    ['a_scale', makeTensor('a_scale', [], Float32Array.of(activationScale))],
    ['a_zero', makeTensor('a_zero', [], Int8Array.of(0))],
  ]);
  const nodes = plain.nodes.flatMap((node): NodeProto[] => {
    if (!isOperator(node, 'Conv', 'Gemm')) return [node];
    const [value = '', weights = '', bias = ''] = node.input;
    const tensor = plain.initializers.get(weights);
    const shift = plain.initializers.get(bias);
    if (tensor === undefined || shift === undefined) throw new Error('expected weights and a bias');
    initializers.set(bias, shift);
    const quantize = makeNode('QuantizeLinear', [value, 'a_scale', 'a_zero'], [`${value}_q`]);
    const isIntegers = head === 'QLinearMatMul' && isOperator(node, 'Gemm');
    const [integers, scale] = quantized(tensor, isIntegers);
    initializers.set(integers.name, integers).set(scale.name, scale);
    if (isIntegers) {
      const inputs = [`${value}_q`, 'a_scale', 'a_zero', integers.name, scale.name, 'a_zero', 'a_scale', 'a_zero'];
      return [
        quantize,
        makeNode('QLinearMatMul', inputs, ['product_q']),
        makeNode('DequantizeLinear', ['product_q', 'a_scale', 'a_zero'], ['product']),
        makeNode('Add', ['product', bias], [...node.output]),
      ];
    }
    return [
      quantize,
      makeNode('DequantizeLinear', [`${value}_q`, 'a_scale', 'a_zero'], [`${value}_dq`]),
      makeNode('DequantizeLinear', [integers.name, scale.name, 'a_zero'], [`${weights}_dq`]),
      { ...node, input: [`${value}_dq`, `${weights}_dq`, bias] },
    ];
  });
  return { ...plain, nodes, initializers };
}

/** Weights as int8 with one scale; for a product of matrices, transposed from [classes, features]. */
function quantized(tensor: TensorProto, transpose: boolean): [TensorProto, TensorProto] {
  const data = floatData(tensor);
  const [rows = 0, columns = 0] = tensorShape(tensor);
  const scale = Math.max(...data.map(Math.abs)) / 127;
  const rounded = Int8Array.from(data, (value) => Math.round(value / scale));
  const transposed = rounded.map((_, at) => rounded[(at % rows) * columns + Math.floor(at / rows)] ?? 0);
  const integers = transpose
    ? makeTensor(`${tensor.name}_q`, [columns, rows], transposed)
    : makeTensor(`${tensor.name}_q`, tensorShape(tensor), rounded);
  return [integers, makeTensor(`${tensor.name}_scale`, [], Float32Array.of(scale))];
}

/**
 * The plain form in float16.
 * @param where `all`, or `inside` of a float input and output
 */
export function halfForm(where: 'all' | 'inside'): Graph {
  const plain = plainForm();
  const initializers = new Map(
    Array.from(plain.initializers, ([name, tensor]) => [name, toHalfTensor(tensor)] as const),
  );
  const half = { ...plain, initializers };
  if (where === 'all') {
    return withOutputs(withInput(half, 'float16', ['N', 3, 16, 16]), ['logits', 'float16', ['N', 4]]);
  }
  const casted = append(prepend(half, ['Cast', ['pixels'], 'h', intAttribute('to', 10)]), [
    'Cast',
    ['logits'],
    'f',
    intAttribute('to', 1),
  ]);
  return withOutputs(casted, ['f', 'float', ['N', 4]]);
}
