import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { checkGraph, type Graph } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { tensorType } from '../../../model/graph/value.ts';
import { addUint8Input } from '../../../model/import/add-uint8-input.ts';
import { removeWeightInputs } from '../../../model/import/remove-weight-inputs.ts';
import { makeTensor, tensorShape } from '../../../model/onnx/tensor.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { publishedNetwork, withNodes } from '../../support/published-network.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

const bare = removeWeightInputs(publishedNetwork({ size: 32 })).graph;
const head = { preprocess: tinyPreprocess(32), networkOrder: 'BGR' } as const;

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

describe('the uint8 head', () => {
  const addHead = (graph: Graph) => addUint8Input(graph, head);

  it('takes bytes and hands floats to the network', () => {
    const { graph } = addHead(bare);
    expect(graph.inputs.map((value) => tensorType(value))).toEqual([{ dataType: 2, shape: ['N', 32, 32, 3] }]);
    expect(operators(graph).slice(0, 4)).toEqual(['Transpose', 'Cast', 'Constant', 'Sub']);
    expect(() => checkGraph(graph)).not.toThrow();
  });

  it('multiplies only where a scale is not 1', () => {
    const { graph } = addUint8Input(bare, { ...head, preprocess: { ...head.preprocess, scale: [1, 1, 0.5] } });
    expect(operators(graph).slice(0, 6)).toEqual(['Transpose', 'Cast', 'Constant', 'Sub', 'Constant', 'Mul']);
  });

  it('moves a value that is called like its input out of the way', () => {
    const network = withNodes(bare, 'GlobalAveragePool', ({ input }) => [
      makeNode('GlobalAveragePool', input, ['image']),
      makeNode('Identity', ['image'], ['pool']),
    ]);
    expect(() => checkGraph(addHead(network).graph)).not.toThrow();
  });

  it('gives a convolution its own weights where another node reads the same', () => {
    const network = withNodes(bare, 'Softmax', (node) => [node, makeNode('Identity', ['conv1_w'], ['watched'])]);
    const { graph } = addHead(network);
    expect(graph.initializers.get('conv1_w')).toEqual(bare.initializers.get('conv1_w'));
    expect(graph.nodes.find((node) => isOperator(node, 'Conv'))?.input[1]).toBe('conv1_w_rgb');
    expect(tensorShape(graph.initializers.get('conv1_w_rgb') ?? makeTensor('', [0], new Float32Array()))).toEqual([
      6, 3, 3, 3,
    ]);
  });

  const firstConv = (replace: Parameters<typeof withNodes>[2]) =>
    withNodes(bare, 'Conv', (node) => (node.input[0] === 'data_0' ? replace(node) : [node]));

  it.each([
    [
      'an input that something else reads',
      firstConv((node) => [
        makeNode('Neg', ['data_0'], ['negative'], { name: 'minus' }),
        { ...node, input: ['negative', ...node.input.slice(1)] },
      ]),
      'the colour order cannot be folded into Neg node minus: expected an ungrouped Conv to read the input',
    ],
    [
      'a grouped convolution',
      firstConv((node) => [{ ...node, name: 'first', attribute: [...node.attribute, intAttribute('group', 3)] }]),
      'the colour order cannot be folded into Conv node first: expected an ungrouped Conv',
    ],
    [
      'computed weights',
      firstConv((node) => [
        makeNode('Identity', ['conv1_w'], ['same_w']),
        { ...node, name: 'first', input: ['data_0', 'same_w'] },
      ]),
      'the colour order cannot be folded into Conv node first: expected constant float weights of 3 input channels',
    ],
  ])('refuses to fold the colour order into %s', (_, graph, message) => {
    expect(() => addHead(graph)).toThrow(UserError);
    expect(() => addHead(graph)).toThrow(message);
    expect(() => addUint8Input(graph, { ...head, networkOrder: 'RGB' })).not.toThrow();
  });
});
