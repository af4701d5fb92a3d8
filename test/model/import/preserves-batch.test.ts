import { expect, it } from 'vitest';
import { intAttribute, intsAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { preservesBatch } from '../../../model/import/batch/preserves-batch.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import type { AttributeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';

const integers = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));
const constants = [
  ...[integers('none'), integers('one', 1), integers('last', -1), integers('first', 0), integers('twice', 1, 2, 1, 1)],
  ...[integers('copies', 2, 1, 1, 1), integers('around', 0, 0, 1, 1, 0, 0, 1, 1)],
  ...[integers('afterLast', 0, 0, 0, 0, 1, 0, 0, 0), integers('beforeFirst', 1, 0, 0, 0, 0, 0, 0, 0)],
];
const graph = {
  ...emptyGraph('test', { irVersion: 8, opset: 18 }),
  initializers: new Map(constants.map((tensor) => [tensor.name, tensor])),
};
const shapes: Record<string, readonly number[]> = {
  ...{ maps: [3, 8, 4, 4], other: [3, 8, 4, 4], vector: [3, 8], result: [3, 8, 4, 4] },
  ...{
    weights: [8, 8],
    bias: [1, 8],
    biases: [3, 8],
    same: [1, 8, 4, 4],
    perImage: [3, 8, 1, 1],
    perChannel: [8, 1, 1],
  },
};
const types = new Map(
  Object.entries(shapes).map(([name, shape]) => [name, { dataType: elementType.float, shape: [...shape] }]),
);
const images = new Set(['maps', 'other', 'vector', 'result']);

type Row = readonly [operator: string, inputs: readonly string[], ...attributes: readonly AttributeProto[]];

/** Rows with what their test names show. */
function named(...rows: readonly Row[]) {
  return rows.map((row) => ({ operator: row[0], inputs: row[1].join(' '), row }));
}

function preserves([operator, inputs, ...attributes]: Row, outputs = ['result']): boolean {
  return preservesBatch(makeNode(operator, inputs, outputs, { attributes }), graph, images, types);
}

const axis = (value: number) => intAttribute('axis', value);
const equation = (text: string) => stringAttribute('equation', text);

it.each(
  named(
    ['Sin', ['maps']],
    ['Mod', ['maps', 'perChannel']],
    ['Add', ['maps', 'same']],
    ['ArgMax', ['maps'], axis(1)],
    ['TopK', ['maps', 'one']],
    ['CumSum', ['maps', 'last']],
    ['Tile', ['maps', 'twice']],
    ['MeanVarianceNormalization', ['maps'], intsAttribute('axes', [2, 3])],
    ['ReduceSum', ['maps', 'none'], intAttribute('noop_with_empty_axes', 1)],
    ['ReduceMax', ['maps', 'last']],
    ['Gemm', ['vector', 'weights', 'bias']],
    ['Pad', ['maps', 'around']],
    ['Einsum', ['maps', 'weights'], equation('bchw,cd->bdhw')],
    ['Einsum', ['maps', 'other'], equation('n c h w, n c v w -> n h v')],
  ),
)('$operator of $inputs processes each image by itself', ({ row }) => expect(preserves(row)).toBe(true));

it.each(
  named(
    ['Add', ['maps', 'perImage']],
    ['ArgMax', ['maps']],
    ['TopK', ['maps', 'one'], axis(0)],
    ['CumSum', ['maps', 'first']],
    ['Tile', ['maps', 'copies']],
    ['MeanVarianceNormalization', ['maps']],
    ['ReduceSum', ['maps', 'none']],
    ['ReduceSum', ['maps']],
    ['ReduceMax', ['maps', 'computedAxes'], intAttribute('noop_with_empty_axes', 1)],
    ['Squeeze', ['maps']],
    ['Gemm', ['vector', 'weights', 'biases']],
    ['Pad', ['maps', 'afterLast']],
    ['Pad', ['maps', 'beforeFirst']],
    ['Einsum', ['maps', 'other'], equation('bchw,dchw->bd')],
    ['Einsum', ['maps', 'other'], equation('bchw,bchw->c')],
    ['Einsum', ['maps', 'weights'], equation('bchw,bd->bdhw')],
    ['Einsum', ['vector'], equation('bb->b')],
    ['Einsum', ['maps'], equation('...c->...c')],
    ['Einsum', ['maps', 'weights'], equation('bchw,cd')],
  ),
)('$operator of $inputs mixes images', ({ row }) => expect(preserves(row)).toBe(false));

it('a MaxPool processes each image by itself, unless the positions of the maxima are read', () => {
  const pool: Row = ['MaxPool', ['maps'], intsAttribute('kernel_shape', [2, 2])];

  expect(preserves(pool)).toBe(true);
  expect(preserves(pool, ['result', 'positions'])).toBe(false);
});
