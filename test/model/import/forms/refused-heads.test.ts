import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import type { Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { importModel } from '../../../../model/import/import-model.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';
import { axis1, ending, features, one, perClass, plain, softmaxRow } from '../../../support/head-forms.ts';
import { append, formFeatures, withOutputs, writeGraph } from '../../../support/import-forms.ts';
import { formOptions } from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('the head of a network that is no classifier', () => {
  it('is refused if the file itself gives other outputs every time', async () => {
    const noise = intsAttribute('shape', [1, formFeatures]);
    const graph = ending(
      'z',
      ['RandomNormal', [], 'noise', noise],
      ['Add', [features, 'noise'], 'noisy'],
      ['MatMul', ['noisy', 'matrix'], 'z'],
    );
    const source = await writeGraph(temporaryFolder(), graph);
    const imported = importModel({ source, ...formOptions, out: `${temporaryFolder()}/out` });
    await expect(imported).rejects.toThrow(
      /the imported network differs from .*published\.onnx: .* differ by .*\(tolerance .*\); nothing was written$/,
    );
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
      'logits that are not numbers',
      ending('n', ['Mul', ['logits', 'nan'], 'n']),
      undefined,
      'published.onnx: its outputs are not class probabilities: an output is NaN or infinite; check the weights of the file',
    ],
    [
      'a constant divided by logits',
      ending('d', ['Div', ['temperature', 'logits'], 'd']),
      undefined,
      'd is computed by Div node with output d, which the import cannot read as probabilities or logits: export',
    ],
    [
      'the Softmax of a constant divided by logits, without an embedding',
      ending('p', ['Div', ['temperature', 'logits'], 'd'], ['Softmax', ['d'], 'p', axis1]),
      undefined,
      'no embedding: Div node with output d is no last layer; export',
    ],
    [
      'negative log-probabilities',
      ending('n', ['LogSoftmax', ['logits'], 'l', axis1], ['Neg', ['l'], 'n']),
      undefined,
      'n is computed from the output of LogSoftmax node with output l by Neg node with output n, so it is neither',
    ],
    [
      'BatchNormalization in training mode',
      withOutputs(
        {
          ...plain,
          nodes: [
            ...plain.nodes,
            makeNode(
              'BatchNormalization',
              ['logits', ...Array.from({ length: 4 }, () => 'perClass')],
              ['z', 'm', 'v'],
              {
                attributes: [intAttribute('training_mode', 1)],
              },
            ),
          ],
        },
        ['z', 'float', perClass],
      ),
      undefined,
      'BatchNormalization node with output z is in training mode, in which each image changes with the others of its batch: export',
    ],
    [
      'a layer on several vectors per image',
      ending(
        'z',
        ['Reshape', [features, 'fours'], 'tokens'],
        ['MatMul', ['tokens', 'square4'], 'v'],
        ['Reshape', ['v', 'classes'], 'z'],
      ),
      undefined,
      'no embedding: MatMul node with output v reads [1, 2, 4], several vectors per image; export the model with an output named',
    ],
    [
      'a layer in double',
      ending(
        'z',
        ['Cast', [features], 'c', intAttribute('to', 11)],
        ['MatMul', ['c', 'doubles'], 'v'],
        ['Cast', ['v'], 'z', intAttribute('to', 1)],
      ),
      undefined,
      'no embedding: MatMul node with output v reads double; export the model in float',
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
      /has 2 outputs \(p of Softmax .*, float \[N, 4\]; logits of Gemm .*\); give the output option with the probabilities or logits$/,
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
