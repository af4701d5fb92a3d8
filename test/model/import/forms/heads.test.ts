import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import type { Graph } from '../../../../model/graph/graph.ts';
import { importModel } from '../../../../model/import/import-model.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';
import {
  append,
  formClasses,
  formFeatures,
  type NodeRow,
  plainForm,
  withOutputs,
  withWeights,
  writeGraph,
} from '../../../support/import-forms.ts';
import {
  expectSameProbabilities,
  feeds,
  formOptions,
  type Probabilities,
  softmax,
} from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const weights = [
  makeTensor('temperature', [], Float32Array.of(2.5)),
  makeTensor('ones', [1], BigInt64Array.of(1n)),
  makeTensor('third', [], Float32Array.of(1 / 3)),
  makeTensor('square', [], Float32Array.of(6.25)),
  makeTensor('maps', [4], BigInt64Array.of(0n, BigInt(formClasses), 1n, 1n)),
  makeTensor('row', [3], BigInt64Array.of(-1n, 1n, BigInt(formClasses))),
  makeTensor('classes', [2], BigInt64Array.of(-1n, BigInt(formClasses))),
  makeTensor('small', [], Float32Array.of(1e-7)),
  makeTensor('pairs', [3], BigInt64Array.of(-1n, 2n, 2n)),
  makeTensor('last', [1], BigInt64Array.of(3n)),
];
const plain = withWeights(plainForm(), ...weights);
const one = withWeights(plainForm({ classes: 1 }), ...weights);
const perClass = ['N', formClasses] as const;
const axis1 = intAttribute('axis', 1);
const softmaxRow: NodeRow = ['Softmax', ['logits'], 'p', axis1];

const same: Probabilities = (output) => output;
const exponents: Probabilities = (output) => output.map(Math.exp);
const ofLogit: Probabilities = ([z = Number.NaN]) => [1 / (1 + Math.exp(z)), 1 / (1 + Math.exp(-z))];
const ofScore: Probabilities = ([p = Number.NaN]) => [1 - p, p];

const ending = (value: string, ...rows: NodeRow[]): Graph =>
  withOutputs(append(plain, ...rows), [value, 'float', perClass]);

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
    const features = plain.nodes.find(({ opType }) => opType === 'Gemm')?.input[0] ?? '';
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

  it('does not take logits for an embedding', async () => {
    const graph = withOutputs(append(plain, softmaxRow), ['p', 'float', perClass], ['logits', 'float', perClass]);
    const source = await writeGraph(temporaryFolder(), graph);
    const { manifest } = await expectSameProbabilities(source, { feed: feeds.color, probabilities: same, output: 'p' });
    expect(manifest.outputs.embeddingSize).toBe(formFeatures);
  });

  const features = plain.nodes.find(({ opType }) => opType === 'Gemm')?.input[0] ?? '';
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

  it.each<[string, Graph, string | undefined, string | RegExp]>([
    [
      'several scores',
      ending('s', ['Sigmoid', ['logits'], 's']),
      undefined,
      's has 4 scores of a Sigmoid, which do not exclude each other: networks with several labels per image are not supported',
    ],
    [
      'a Softmax of a Softmax',
      ending('q', softmaxRow, ['Softmax', ['p'], 'q', axis1]),
      undefined,
      'q is the Softmax of probabilities (Softmax node with output q), which makes all classes almost equally probable: export',
    ],
    [
      'a Softmax of scores',
      ending('q', ['Sigmoid', ['logits'], 's'], ['Softmax', ['s'], 'q', axis1]),
      undefined,
      'q is the Softmax of the scores of a Sigmoid',
    ],
    [
      'a Softmax over one class',
      withOutputs(append(one, softmaxRow), ['p', 'float', ['N', 1]]),
      undefined,
      'p is the Softmax of one class, which is 1 for every image: export the model with its logit as the output',
    ],
    [
      'a LogSoftmax over one class',
      withOutputs(append(one, ['LogSoftmax', ['logits'], 'l', axis1]), ['l', 'float', ['N', 1]]),
      undefined,
      'l is the LogSoftmax of one class, which is 0 for every image: export the model with its logit as the output',
    ],
    [
      'a Softmax over an axis of one element',
      withOutputs(append(plain, ['Reshape', ['logits', 'maps'], 'm'], ['Softmax', ['m'], 'p']), [
        'p',
        'float',
        [...perClass, 1, 1],
      ]),
      undefined,
      'p is the Softmax over 1 of 4 classes, so that every class has probability 1 for every image (Softmax node with output ' +
        'p along axis -1 of [1, 4, 1, 1]): export the model with the Softmax over all classes, or with its logits as the output',
    ],
    [
      'a LogSoftmax over an axis of one element',
      withOutputs(append(plain, ['Reshape', ['logits', 'maps'], 'm'], ['LogSoftmax', ['m'], 'l']), [
        'l',
        'float',
        [...perClass, 1, 1],
      ]),
      undefined,
      'l is the LogSoftmax over 1 of 4 classes, so that every class has probability 1 for every image',
    ],
    [
      'a Softmax over some of the classes',
      ending('p', ['Reshape', ['logits', 'pairs'], 'm'], ['Softmax', ['m'], 'q'], ['Reshape', ['q', 'classes'], 'p']),
      undefined,
      'p is the Softmax over 2 of 4 classes (Softmax node with output q along axis -1 of [1, 2, 2])',
    ],
    [
      'a Softmax written as arithmetic over an axis of one element',
      withOutputs(
        append(
          plain,
          ['Reshape', ['logits', 'maps'], 'm'],
          ['Exp', ['m'], 'powers'],
          ['ReduceSum', ['powers', 'last'], 'total'],
          ['Div', ['powers', 'total'], 'p'],
        ),
        ['p', 'float', [...perClass, 1, 1]],
      ),
      undefined,
      'p is the Softmax over 1 of 4 classes',
    ],
    [
      'the logarithm of a Softmax with a small number added',
      ending('l', softmaxRow, ['Add', ['p', 'small'], 'a'], ['Log', ['a'], 'l']),
      undefined,
      'l is computed from the output of Softmax node with output p by Add node with output a, so it is neither',
    ],
    [
      'the logarithm of a Softmax that is clipped',
      ending('l', softmaxRow, ['Clip', ['p', 'small'], 'c'], ['Log', ['c'], 'l']),
      undefined,
      'l is the Log of the output of Clip node with output c (Log node with output l): export',
    ],
    [
      'a Softmax of a Softmax with arithmetic in between',
      ending('q', softmaxRow, ['Mul', ['p', 'temperature'], 's'], ['Softmax', ['s'], 'q', axis1]),
      undefined,
      'q is computed from the output of Softmax node with output p by Mul node with output s',
    ],
    [
      'the mean of two sets of probabilities',
      ending('s', softmaxRow, ['Add', ['p', 'logits'], 'a'], ['Div', ['a', 'temperature'], 's']),
      undefined,
      's is computed by Div node with output s, from the output of Add node with output a, which the import cannot read as',
    ],
    [
      'arithmetic after the Softmax',
      ending('s', softmaxRow, ['Mul', ['p', 'third'], 's']),
      undefined,
      's is computed from the output of Softmax node with output p by Mul node with output s, so it is neither probabilities nor logits',
    ],
    [
      'two outputs, neither of them named',
      withOutputs(append(plain, softmaxRow), ['p', 'float', perClass], ['logits', 'float', perClass]),
      undefined,
      /has 2 outputs \(p of Softmax .*, float \[N, 4\]; logits of Gemm .*\); give --output with the probabilities or logits$/,
    ],
    [
      'an output that does not exist',
      withOutputs(append(plain, softmaxRow), ['p', 'float', perClass], ['logits', 'float', perClass]),
      'q',
      'unknown output q: the network has 2 outputs (p of Softmax',
    ],
    [
      'labels as the named output',
      withOutputs(append(plain, ['ArgMax', ['logits'], 'label', axis1]), ['label', 'int64', ['N', 1]]),
      undefined,
      'label is computed by ArgMax node with output label, which the import cannot read as probabilities or logits: export',
    ],
  ])('is refused with the reason: %s', async (_, graph, output, message) => {
    const folder = temporaryFolder();
    const source = await writeGraph(folder, graph);
    const imported = importModel({ source, ...formOptions, output, out: `${folder}/out` });
    await expect(imported).rejects.toThrow(UserError);
    await expect(imported).rejects.toThrow(message);
  });
});
