import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import { type Graph, graphOf } from '../../../../model/graph/graph.ts';
import { importModel } from '../../../../model/import/import-model.ts';
import { elementType } from '../../../../model/onnx/element-type.ts';
import { decodeModel } from '../../../../model/onnx/model-file.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';
import {
  formSize,
  type NodeRow,
  plainForm,
  prepend,
  withInput,
  withWeights,
  writeGraph,
} from '../../../support/import-forms.ts';
import { expectSameProbabilities, type Feed, feeds, formOptions, softmax } from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const weights = [
  makeTensor('range', [], Float32Array.of(127.5)),
  makeTensor('one', [], Float32Array.of(1)),
  makeTensor('means', [1, 3, 1, 1], Float32Array.of(0.4, 0.5, 0.6)),
  makeTensor('lastIndex', [1], BigInt64Array.of(-1n)),
  makeTensor('beforeAll', [1], BigInt64Array.of(-1000n)),
  makeTensor('lastAxis', [1], BigInt64Array.of(3n)),
  makeTensor('last_means', [3], Float32Array.of(0.4, 0.5, 0.6)),
];
const color = withWeights(plainForm(), ...weights);
const gray = withWeights(plainForm({ channels: 1 }), ...weights);
const toPlanes = intsAttribute('perm', [0, 3, 1, 2]);
const toFloat = intAttribute('to', elementType.float);
const last = (channels: number | string) => ['N', formSize, formSize, channels];
const free = ['N', 'H', 'W', 'C'];

/** A grayscale network of bytes that normalizes them before or after its Transpose. */
function grayBytes(transposes: 'before' | 'after'): Graph {
  const cast = (image: string): NodeRow => ['Cast', [image], 'f', toFloat];
  const rows: NodeRow[] =
    transposes === 'after'
      ? [['Transpose', ['pixels'], 't', toPlanes], cast('t'), ['Div', ['f', 'range'], 'd']]
      : [cast('pixels'), ['Div', ['f', 'range'], 'd'], ['Transpose', ['d'], 't', toPlanes]];
  return withInput(prepend(gray, ...rows), 'uint8', last(1));
}

describe('the image of a published classifier', () => {
  it.each<[string, Graph, Feed, string[]]>([
    ['channels first', color, feeds.color, []],
    [
      'channels last',
      withInput(prepend(color, ['Transpose', ['pixels'], 't', toPlanes]), 'float', last(3)),
      feeds.colorLast,
      [],
    ],
    [
      'channels last, no size stated',
      withInput(prepend(color, ['Transpose', ['pixels'], 't', toPlanes]), 'float', free),
      feeds.colorLast,
      [],
    ],
    [
      'channels last, no size stated, reversed in the network',
      withInput(
        prepend(
          color,
          ['Slice', ['pixels', 'lastIndex', 'beforeAll', 'lastAxis', 'lastIndex'], 'reversed'],
          ['Transpose', ['reversed'], 't', toPlanes],
        ),
        'float',
        free,
      ),
      feeds.colorLast,
      [],
    ],
    ['no size stated', withInput(color, 'float', free), feeds.color, []],
    [
      'channels last, normalized inside',
      withInput(
        prepend(
          color,
          ['Div', ['pixels', 'range'], 'd'],
          ['Sub', ['d', 'last_means'], 's'],
          ['Transpose', ['s'], 't', toPlanes],
        ),
        'float',
        last(3),
      ),
      feeds.colorLast,
      ['Div', 'Sub'],
    ],
    ['grayscale', gray, feeds.gray, []],
    [
      'grayscale, channels last',
      withInput(prepend(gray, ['Transpose', ['pixels'], 't', toPlanes]), 'float', last(1)),
      feeds.grayLast,
      [],
    ],
    ['grayscale, no size stated', withInput(gray, 'float', free), feeds.gray, []],
    [
      'grayscale, normalized inside',
      prepend(gray, ['Div', ['pixels', 'range'], 'd'], ['Sub', ['d', 'one'], 's']),
      feeds.gray,
      ['Div', 'Sub'],
    ],
    [
      'bytes, normalized inside',
      withInput(
        prepend(
          color,
          ['Cast', ['pixels'], 'f', toFloat],
          ['Div', ['f', 'range'], 'd'],
          ['Sub', ['d', 'one'], 's'],
          ['Transpose', ['s'], 't', toPlanes],
        ),
        'uint8',
        last(3),
      ),
      feeds.bytes,
      ['Div'],
    ],
    [
      'bytes, converted after the Transpose',
      withInput(
        prepend(
          color,
          ['Transpose', ['pixels'], 't', toPlanes],
          ['Cast', ['t'], 'f', toFloat],
          ['Div', ['f', 'range'], 'd'],
        ),
        'uint8',
        last(3),
      ),
      feeds.bytes,
      [],
    ],
    ['bytes in gray, converted after the Transpose', grayBytes('after'), feeds.grayBytes, []],
    ['bytes in gray, converted before the Transpose', grayBytes('before'), feeds.grayBytes, []],
  ])('can have %s', async (_, graph, feed, absorbed) => {
    const source = await writeGraph(temporaryFolder(), graph);
    const isBytes = feed === feeds.bytes || feed === feeds.grayBytes;
    const options = isBytes ? { mean: undefined, scale: undefined } : {};
    const { network } = await expectSameProbabilities(source, { feed, probabilities: softmax, options });
    const operators = graphOf(decodeModel(network)).nodes.map(({ opType }) => opType);
    // The image's own normalization has one Sub and one Mul.
    const count = (name: string) => operators.filter((operator) => operator === name).length;
    for (const name of absorbed) expect(count(name)).toBe(name === 'Sub' ? 1 : 0);
  });

  it('needs no order of colors in gray, and no mean or scale for bytes', async () => {
    const source = await writeGraph(temporaryFolder(), grayBytes('before'));
    const { resize, resizeSize, cropSize } = formOptions;
    const { manifest } = await importModel({ source, resize, resizeSize, cropSize, out: `${temporaryFolder()}/out` });
    expect(manifest.preprocess).toMatchObject({ mean: [0, 0, 0], scale: [1, 1, 1] });
  });

  it('refuses an order of colors in gray, and a mean or scale for bytes, which it would ignore', async () => {
    const folder = temporaryFolder();
    const out = `${folder}/out`;
    const inGray = { source: await writeGraph(folder, gray, 'gray.onnx'), ...formOptions, out };
    const ofBytes = { source: await writeGraph(folder, grayBytes('before'), 'bytes.onnx'), ...formOptions, out };
    await expect(importModel({ ...inGray, order: 'BGR' })).rejects.toThrow(
      '--order has no effect, because the network',
    );
    await expect(importModel({ ...ofBytes, mean: [1, 2, 3] })).rejects.toThrow('--mean and --scale have no effect');
    await expect(importModel({ ...inGray, order: undefined })).resolves.toMatchObject({ directory: out });
  });

  it('can have its colors in the order BGR, whatever reads it first', async () => {
    const relu = prepend(color, ['Relu', ['pixels'], 'r']);
    for (const graph of [color, relu]) {
      const source = await writeGraph(temporaryFolder(), graph);
      await expectSameProbabilities(source, { feed: feeds.bgr, probabilities: softmax, options: { order: 'BGR' } });
    }
  });

  it.each<[string, Graph, string]>([
    [
      'two channels',
      withInput(color, 'float', ['N', 2, formSize, formSize]),
      'the input pixels has the shape [N, 2, 16, 16]: export',
    ],
    [
      'no axis of channels',
      withInput(gray, 'float', ['N', formSize, formSize]),
      'the input pixels has the shape [N, 16, 16]: export',
    ],
    [
      'whole numbers',
      withInput(color, 'int32', ['N', 3, formSize, formSize]),
      'the input pixels is int32: export the model with',
    ],
    [
      'another size',
      withInput(color, 'float', ['N', 3, 20, formSize]),
      'takes images of 16×20 pixels, not 16×16: give its size as the crop size',
    ],
  ])('is refused with %s', async (_, graph, message) => {
    const folder = temporaryFolder();
    const source = await writeGraph(folder, graph);
    const imported = importModel({ source, ...formOptions, out: `${folder}/out` });
    await expect(imported).rejects.toThrow(UserError);
    await expect(imported).rejects.toThrow(message);
  });
});
