import { describe, it } from 'vitest';
import { intAttribute, intsAttribute, stringAttribute } from '../../../../model/graph/attribute.ts';
import type { Graph } from '../../../../model/graph/graph.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { floatsAttribute } from '../../../support/floats-attribute.ts';
import { append, formFeatures, plainForm, withWeights, writeGraph } from '../../../support/import-forms.ts';
import { expectSameProbabilities, feeds, softmax } from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const plain = { feed: feeds.color, probabilities: softmax };
const axis0 = intAttribute('axis', 0);
const nearest = [stringAttribute('mode', 'nearest'), stringAttribute('nearest_mode', 'floor')];
const halfPixel = [...nearest, stringAttribute('coordinate_transformation_mode', 'asymmetric')];
const integers = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));

describe('sizes inside a network', () => {
  const first = plainForm().nodes[1]?.output[0] ?? '';
  /** Enlarges the maps after the first layer. */
  const enlarged = (graph: Graph, ...rows: Parameters<typeof append>[1][]): Graph => {
    const added = append({ ...graph, nodes: [] }, ...rows).nodes;
    const at = graph.nodes.findIndex(({ output }) => output.includes(first)) + 1;
    const rest = graph.nodes
      .slice(at)
      .map((node) => ({ ...node, input: node.input.map((name) => (name === first ? 'large' : name)) }));
    return { ...graph, nodes: [...graph.nodes.slice(0, at), ...added, ...rest] };
  };
  const weights = [
    makeTensor('scales', [4], Float32Array.of(1, 1, 2, 2)),
    integers('sizes', 1, formFeatures, 12, 12),
    integers('plane', 12, 12),
    integers('channels', formFeatures),
    integers('zero', 0),
    integers('one', 1),
    integers('two', 2),
    integers('four', 4),
  ];
  const form = (batch: number | 'N') => withWeights(plainForm({ batch }), ...weights);

  it.each<[string, Graph]>([
    ['scales', enlarged(form('N'), ['Resize', [first, '', 'scales'], 'large', ...halfPixel])],
    ['constant sizes of one image', enlarged(form(1), ['Resize', [first, '', '', 'sizes'], 'large', ...halfPixel])],
    [
      'sizes with the batch from a Shape',
      enlarged(
        form('N'),
        ['Shape', [first], 'shape'],
        ['Slice', ['shape', 'zero', 'two'], 'kept'],
        ['Concat', ['kept', 'plane'], 'computed', axis0],
        ['Resize', [first, '', '', 'computed'], 'large', ...halfPixel],
      ),
    ],
    [
      'the sizes of another value, as in interpolate(x, size=y.shape[2:])',
      enlarged(
        form('N'),
        ['Shape', ['pixels'], 'outer'],
        ['Slice', ['outer', 'two', 'four'], 'size'],
        ['Shape', [first], 'inner'],
        ['Slice', ['inner', 'zero', 'two'], 'kept'],
        ['Concat', ['kept', 'size'], 'computed', axis0],
        ['Resize', [first, '', '', 'computed'], 'large', ...halfPixel],
      ),
    ],
  ])('can be those of a Resize: %s', async (_, graph) => {
    const source = await writeGraph(temporaryFolder(), graph);
    await expectSameProbabilities(source, plain);
  });

  it.each([7, 8])('can be the scales of an Upsample in operator set %i', async (opset) => {
    const scales = floatsAttribute('scales', [1, 1, 1.5, 2]);
    const graph = enlarged(plainForm({ opset }), [
      'Upsample',
      [first],
      'large',
      stringAttribute('mode', 'nearest'),
      scales,
    ]);
    await expectSameProbabilities(await writeGraph(temporaryFolder(), graph), plain);
  });

  it('can repeat a constant for every image, as a class token', async () => {
    const graph = form('N');
    const features = graph.nodes.find(({ opType }) => opType === 'Gemm')?.input[0] ?? '';
    const shape: Parameters<typeof append>[1][] = [
      ['Shape', [features], 'shape'],
      ['Slice', ['shape', 'zero', 'one'], 'kept'],
      ['Concat', ['kept', 'channels'], 'computed', axis0],
      ['Expand', ['token', 'computed'], 'tokens'],
      ['Add', [features, 'tokens'], 'sum'],
    ];
    const last = graph.nodes.map((node) =>
      node.opType === 'Gemm' ? { ...node, input: ['sum', ...node.input.slice(1)] } : node,
    );
    const body = append({ ...graph, nodes: last.slice(0, -1) }, ...shape);
    const token = makeTensor('token', [1, formFeatures], new Float32Array(formFeatures).fill(0.5));
    const whole = withWeights({ ...body, nodes: [...body.nodes, ...last.slice(-1)] }, token);
    await expectSameProbabilities(await writeGraph(temporaryFolder(), whole), plain);
  });

  it('can leave out the batch of a constant that is joined to every image', async () => {
    const graph = form(1);
    const features = graph.nodes.find(({ opType }) => opType === 'Gemm')?.input[0] ?? '';
    const token = makeTensor('token', [1, 3], Float32Array.of(1, 2, 3));
    const rows: Parameters<typeof append>[1][] = [
      ['Concat', [features, 'token'], 'joined', intAttribute('axis', 1)],
      ['Slice', ['joined', 'start', 'end', 'one'], 'kept'],
    ];
    const last = graph.nodes.map((node) =>
      node.opType === 'Gemm' ? { ...node, input: ['kept', ...node.input.slice(1)] } : node,
    );
    const body = append({ ...graph, nodes: last.slice(0, -1) }, ...rows);
    const whole = withWeights(
      { ...body, nodes: [...body.nodes, ...last.slice(-1)] },
      ...[token, integers('start', 3), integers('end', formFeatures + 3)],
    );
    await expectSameProbabilities(await writeGraph(temporaryFolder(), whole), plain);
  });

  it('can be those of listed axes', async () => {
    const axes = [...halfPixel, intsAttribute('axes', [2, 3])];
    const graph = enlarged({ ...form('N'), opset: 18 }, ['Resize', [first, '', '', 'plane'], 'large', ...axes]);
    await expectSameProbabilities(await writeGraph(temporaryFolder(), graph), plain);
  });
});
