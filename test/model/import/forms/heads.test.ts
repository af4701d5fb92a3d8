import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import type { Graph } from '../../../../model/graph/graph.ts';
import { type ElementTypeName, elementType } from '../../../../model/onnx/element-type.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { axis1, ending, features, one, perClass, plain, softmaxRow } from '../../../support/head-forms.ts';
import {
  append,
  formClasses,
  formFeatures,
  type NodeRow,
  withOutputs,
  withWeights,
  writeGraph,
} from '../../../support/import-forms.ts';
import { expectSameProbabilities, feeds, type Probabilities, softmax } from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const same: Probabilities = (output) => output;
const exponents: Probabilities = (output) => output.map(Math.exp);
const ofLogit: Probabilities = ([z = Number.NaN]) => [1 / (1 + Math.exp(z)), 1 / (1 + Math.exp(-z))];
const ofScore: Probabilities = ([p = Number.NaN]) => [1 - p, p];

/** Another last layer. */
const mixed = makeTensor(
  'matrix',
  [formFeatures, formClasses],
  Float32Array.from({ length: formFeatures * formClasses }, (_, at) => Math.sin(at) / 4),
);

describe('the head of a published classifier', () => {
  it.each<[string, Graph, Probabilities]>([
    ['logits', plain, softmax],
    ['log-probabilities', ending('l', ['LogSoftmax', ['logits'], 'l', axis1]), exponents],
    ['the logarithm of a Softmax', ending('l', softmaxRow, ['Log', ['p'], 'l']), exponents],
    ['the Exp of a LogSoftmax', ending('e', ['LogSoftmax', ['logits'], 'l', axis1], ['Exp', ['l'], 'e']), same],
    [
      'the Softmax of a LogSoftmax',
      ending('p', ['LogSoftmax', ['logits'], 'l', axis1], ['Softmax', ['l'], 'p', axis1]),
      same,
    ],
    [
      'a Softmax written as arithmetic',
      ending(
        'p',
        ['ReduceMax', ['logits'], 'max', intsAttribute('axes', [1])],
        ['Sub', ['logits', 'max'], 'shifted'],
        ['Exp', ['shifted'], 'powers'],
        ['ReduceSum', ['powers', 'ones'], 'total'],
        ['Div', ['powers', 'total'], 'p'],
      ),
      same,
    ],
    [
      'a temperature that divides',
      ending('p', ['Div', ['logits', 'temperature'], 's'], ['Softmax', ['s'], 'p', axis1]),
      same,
    ],
    ['a temperature that multiplies, without a Softmax', ending('s', ['Mul', ['logits', 'temperature'], 's']), softmax],
    [
      'a temperature that is computed from constants',
      ending('s', ['Sqrt', ['square'], 'root'], ['Div', ['logits', 'root'], 's']),
      softmax,
    ],
    // Each reverses the ranking of the classes, as for networks that compute distances.
    ['negated logits', ending('n', ['Neg', ['logits'], 'n']), softmax],
    ['the Softmax of negated logits', ending('p', ['Neg', ['logits'], 'n'], ['Softmax', ['n'], 'p', axis1]), same],
    ['logits times a negative number', ending('n', ['Mul', ['logits', 'negative'], 'n']), softmax],
    ['logits divided by a negative number', ending('n', ['Div', ['logits', 'negative'], 'n']), softmax],
    ['logits subtracted from a constant', ending('n', ['Sub', ['temperature', 'logits'], 'n']), softmax],
    ['one negated logit', withOutputs(append(one, ['Neg', ['logits'], 'n']), ['n', 'float', ['N', 1]]), ofLogit],
    ['logits after Dropout', ending('d', ['Dropout', ['logits'], 'd']), softmax],
    [
      'log-probabilities of a row of classes',
      ending('l', ['Reshape', ['logits', 'row'], 'r'], ['LogSoftmax', ['r'], 'm'], ['Reshape', ['m', 'classes'], 'l']),
      exponents,
    ],
    [
      'a Softmax of a row of classes',
      ending('p', ['Reshape', ['logits', 'row'], 'r'], ['Softmax', ['r'], 'm'], ['Reshape', ['m', 'classes'], 'p']),
      same,
    ],
    ['one logit', one, ofLogit],
    [
      'one logit per image, without a second axis',
      withOutputs(append(one, ['Squeeze', ['logits', 'ones'], 'z']), ['z', 'float', ['N']]),
      ofLogit,
    ],
    ['one score', withOutputs(append(one, ['Sigmoid', ['logits'], 's']), ['s', 'float', ['N', 1]]), ofScore],
  ])('is imported from %s', async (_, graph, probabilities) => {
    const source = await writeGraph(temporaryFolder(), graph);
    const { manifest } = await expectSameProbabilities(source, { feed: feeds.color, probabilities });
    expect(manifest.outputs.embeddingSize).toBe(formFeatures);
    expect(manifest.labels).toHaveLength([ofLogit, ofScore].includes(probabilities) ? 2 : formClasses);
  });

  const to = (type: ElementTypeName) => intAttribute('to', elementType[type]);
  it.each<[string, Graph, Probabilities, number]>(
    (['float16', 'double'] as const).flatMap((type) => {
      const cast: NodeRow = ['Cast', ['logits'], 'c', to(type)];
      const tolerance = type === 'double' ? 1e-5 : 2e-3;
      const oneCast = append(one, cast, ['Sigmoid', ['c'], 's'], ['Cast', ['s'], 'p', to('float')]);
      return [
        [
          `a Softmax in ${type}`,
          ending('p', cast, ['Softmax', ['c'], 's', axis1], ['Cast', ['s'], 'p', to('float')]),
          same,
          tolerance,
        ],
        [
          `a LogSoftmax in ${type}`,
          ending('p', cast, ['LogSoftmax', ['c'], 's', axis1], ['Cast', ['s'], 'p', to('float')]),
          exponents,
          tolerance,
        ],
        [`a Sigmoid in ${type}`, withOutputs(oneCast, ['p', 'float', ['N', 1]]), ofScore, tolerance],
        [`logits that were cast to ${type}`, ending('p', cast, ['Cast', ['c'], 'p', to('float')]), softmax, tolerance],
      ];
    }),
  )('is imported from %s', async (_, graph, probabilities, tolerance) => {
    const source = await writeGraph(temporaryFolder(), graph);
    await expectSameProbabilities(source, { feed: feeds.color, probabilities, tolerance });
  });

  it.each<[string, NodeRow[], Probabilities]>([
    ['a Softmax', [softmaxRow], same],
    [
      'a Softmax of a row of classes',
      [
        ['Reshape', ['logits', 'row'], 'r'],
        ['Softmax', ['r'], 'p'],
      ],
      same,
    ],
  ])(
    'has probabilities that sum to 1 although the file rounds them to integers: %s',
    async (_, rows, probabilities) => {
      const graph = ending(
        'd',
        ...rows,
        ['QuantizeLinear', ['p', 'step', 'noOffset'], 'q'],
        ['Reshape', ['q', 'classes'], 'v'],
        ['DequantizeLinear', ['v', 'step', 'noOffset'], 'd'],
      );
      const source = await writeGraph(temporaryFolder(), graph);
      await expectSameProbabilities(source, { feed: feeds.color, probabilities, tolerance: 1 / 256 });
    },
  );

  it('is the output that is named, if there are several', async () => {
    const graph = withOutputs(
      append(plain, softmaxRow, ['ArgMax', ['p'], 'label', axis1, intAttribute('keepdims', 0)]),
      ['label', 'int64', ['N']],
      ['p', 'float', perClass],
    );
    const source = await writeGraph(temporaryFolder(), graph);
    const { manifest } = await expectSameProbabilities(source, { feed: feeds.color, probabilities: same, output: 'p' });
    expect(manifest.source).toMatchObject({ output: 'p' });
    expect(manifest.outputs.embeddingSize).toBe(formFeatures);
  });

  it.each<[string, string, ...NodeRow[]]>([
    ['a temperature computed from constants', 's', ['Sqrt', ['square'], 'root'], ['Div', ['logits', 'root'], 's']],
    ['Dropout', 'd', ['Dropout', ['logits'], 'd']],
  ])('is read alike with and without another output: %s', async (_, output, ...rows) => {
    const graph = withOutputs(
      append(plain, ...rows),
      [output, 'float', perClass],
      [features, 'float', ['N', formFeatures]],
    );
    const source = await writeGraph(temporaryFolder(), graph);
    await expectSameProbabilities(source, {
      feed: feeds.color,
      probabilities: softmax,
      output,
      embedding: features,
    });
  });

  it('has an embedding without the axes of 1 that a layer reads', async () => {
    const graph = withOutputs(
      append(
        plain,
        ['Unsqueeze', [features, 'ones'], 'tokens'],
        ['MatMul', ['tokens', 'matrix'], 'rows'],
        ['Softmax', ['rows'], 'q'],
        ['Squeeze', ['q', 'ones'], 'p'],
      ),
      ['p', 'float', perClass],
    );
    const source = await writeGraph(temporaryFolder(), withWeights(graph, mixed));
    const { manifest } = await expectSameProbabilities(source, { feed: feeds.color, probabilities: same });
    expect(manifest.outputs.embeddingSize).toBe(formFeatures);
  });

  it('does not take logits for an embedding', async () => {
    const graph = withOutputs(append(plain, softmaxRow), ['p', 'float', perClass], ['logits', 'float', perClass]);
    const source = await writeGraph(temporaryFolder(), graph);
    const { manifest } = await expectSameProbabilities(source, { feed: feeds.color, probabilities: same, output: 'p' });
    expect(manifest.outputs.embeddingSize).toBe(formFeatures);
  });

  const vector = ['N', formFeatures] as const;
  const normalize = intAttribute('axis', 1);
  it.each<[string, Graph, string]>([
    [
      'the features before the last layer',
      withOutputs(append(plain, softmaxRow), ['p', 'float', perClass], [features, 'float', vector]),
      features,
    ],
    [
      'a vector on another branch, by its name',
      withOutputs(
        append(plain, softmaxRow, ['LpNormalization', [features], 'image_embeds', normalize]),
        ['p', 'float', perClass],
        ['image_embeds', 'float', vector],
      ),
      'image_embeds',
    ],
  ])("takes the network's own embedding: %s", async (_, graph, embedding) => {
    const source = await writeGraph(temporaryFolder(), graph);
    await expectSameProbabilities(source, { feed: feeds.color, probabilities: same, output: 'p', embedding });
  });
});
