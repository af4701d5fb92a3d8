import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tensorAttribute } from '../../model/graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../../model/graph/graph.ts';
import { renameValue } from '../../model/graph/names.ts';
import { makeNode } from '../../model/graph/node.ts';
import { decodeModel, encodeModel } from '../../model/onnx/model-file.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';
import { writeModelDirectory } from '../../model/write-model-directory.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The network with its probabilities multiplied by a number. */
function multiplied(graph: Graph, output: string, factor: number): Graph {
  const renamed = renameValue(graph, output, 'before');
  const value = tensorAttribute('value', makeTensor('', [], Float32Array.of(factor)));
  return {
    ...renamed,
    outputs: graph.outputs,
    nodes: [
      ...renamed.nodes,
      makeNode('Constant', [], ['factor'], { attributes: [value] }),
      makeNode('Mul', ['before', 'factor'], [output]),
    ],
  };
}

it('writes no model whose output is not a number', async () => {
  const { manifest, network } = await loadModel(await makeTinyModel());
  const graph = graphOf(decodeModel(network));
  const out = join(temporaryFolder(), 'model');
  const broken = encodeModel(modelOf(multiplied(graph, manifest.outputs.probabilities, Number.NaN)));
  await expect(writeModelDirectory(out, manifest, broken)).rejects.toThrow(
    'an output of the network is NaN or infinite',
  );
  expect(existsSync(out)).toBe(false);
  await writeModelDirectory(out, manifest, encodeModel(modelOf(multiplied(graph, manifest.outputs.probabilities, 1))));
  expect(existsSync(out)).toBe(true);
});
