import { expect, it } from 'vitest';
import type { Graph } from '../../../../model/graph/graph.ts';
import { importModel } from '../../../../model/import/import-model.ts';
import { verifyModel } from '../../../../model/verify/verify-model.ts';
import { ending, features, one, perClass, plain, softmaxRow } from '../../../support/head-forms.ts';
import { append, formFeatures, type NodeRow, withOutputs, writeGraph } from '../../../support/import-forms.ts';
import { formOptions } from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const withOwn = (...rows: NodeRow[]) =>
  withOutputs(append(plain, ...rows), ['p', 'float', perClass], [rows.at(-1)?.[2] ?? '', 'float', ['N', formFeatures]]);
it.each<[string, Graph, string | undefined, string]>([
  [
    'both outputs',
    ending('z', ['Mul', [features, 'zero'], 'none'], ['MatMul', ['none', 'matrix'], 'z']),
    undefined,
    'outputs',
  ],
  ['the probabilities', ending('z', ['Mul', ['logits', 'zero'], 'z']), undefined, 'probabilities'],
  [
    'one logit for all classes',
    withOutputs(append(one, ['Add', ['logits', 'perClass'], 'z']), ['z', 'float', perClass]),
    undefined,
    'probabilities',
  ],
  ["the network's own embedding", withOwn(softmaxRow, ['Mul', [features, 'zero'], 'image_embeds']), 'p', 'embedding'],
])('a head that does not depend on the image is imported with a warning: %s', async (_, graph, output, same) => {
  const [folder, out] = [temporaryFolder(), `${temporaryFolder()}/out`];
  const source = await writeGraph(folder, graph);
  const { notes } = await importModel({ source, ...formOptions, output, out });
  expect(notes).toEqual([
    `check the weights of the file, mean and scale: all 3 synthetic images have the same ${same}`,
  ]);
  const { checks } = await verifyModel(out);
  expect(checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
    `classes: all 3 synthetic images have the same ${same}`,
  ]);
});
