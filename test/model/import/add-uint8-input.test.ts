import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { checkGraph, type Graph } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { tensorType } from '../../../model/graph/value.ts';
import { removeWeightInputs } from '../../../model/import/file/remove-weight-inputs.ts';
import { addUint8Input } from '../../../model/import/input/add-uint8-input.ts';
import { makeTensor, tensorShape } from '../../../model/onnx/tensor.ts';
import { publishedNetwork, withNodes } from '../../support/published-network.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

const bare = removeWeightInputs(publishedNetwork({ size: 32 })).graph;
const options = { preprocess: tinyPreprocess(32), networkOrder: 'BGR' } as const;

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

describe('adding a uint8 input', () => {
  it('converts bytes to floats', () => {
    const { graph } = addUint8Input(bare, options);
    expect(graph.inputs.map((value) => tensorType(value))).toEqual([{ dataType: 2, shape: ['N', 32, 32, 3] }]);
    expect(operators(graph).slice(0, 4)).toEqual(['Transpose', 'Cast', 'Constant', 'Sub']);
    expect(() => checkGraph(graph)).not.toThrow();
  });

  it('multiplies only if a scale is not 1', () => {
    const { graph } = addUint8Input(bare, { ...options, preprocess: { ...options.preprocess, scale: [1, 1, 0.5] } });
    expect(operators(graph).slice(0, 6)).toEqual(['Transpose', 'Cast', 'Constant', 'Sub', 'Constant', 'Mul']);
  });

  it('renames a value that has the name of the new input', () => {
    const network = withNodes(bare, 'GlobalAveragePool', ({ input }) => [
      makeNode('GlobalAveragePool', input, ['image']),
      makeNode('Identity', ['image'], ['pool']),
    ]);
    expect(() => checkGraph(addUint8Input(network, options).graph)).not.toThrow();
  });

  it('copies the weights of a convolution if another node reads them', () => {
    const network = withNodes(bare, 'Softmax', (node) => [node, makeNode('Identity', ['conv1_w'], ['watched'])]);
    const { graph } = addUint8Input(network, options);
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
      'another reader of the input',
      firstConv((node) => [
        makeNode('Neg', ['data_0'], ['negative'], { name: 'minus' }),
        { ...node, input: ['negative', ...node.input.slice(1)] },
      ]),
    ],
    [
      'a grouped convolution',
      firstConv((node) => [{ ...node, name: 'first', attribute: [...node.attribute, intAttribute('group', 3)] }]),
    ],
    [
      'computed weights',
      firstConv((node) => [
        makeNode('Identity', ['conv1_w'], ['same_w']),
        { ...node, name: 'first', input: ['data_0', 'same_w'] },
      ]),
    ],
  ])('reverses the channels with a node before %s', (_, graph) => {
    const reversed = addUint8Input(graph, options).graph;
    expect(operators(reversed)).toContain('Gather');
    expect(() => checkGraph(reversed)).not.toThrow();
    expect(operators(addUint8Input(graph, { ...options, networkOrder: 'RGB' }).graph)).not.toContain('Gather');
  });
});
