import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { modelId, parseManifest } from '../../shared/models/model-manifest.ts';
import { getInt, intAttribute } from '../graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import { findReducedPrecision, requireFloat } from '../graph/require-float.ts';
import { makeValue } from '../graph/value.ts';
import { batchAxis } from '../import/batch/make-batch-dynamic.ts';
import { inferValueShapes } from '../inspect/value-shapes.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';

/**
 * The same network with a longer embedding: its own, followed by the mean over all positions of the channels of earlier
 * inception modules, latest first. The modules end in a Concat along the channels; the last of them is the source of the
 * network's own embedding.
 * @param layers number of modules, 1 or more, with the last one
 * @throws {UserError} if the network is not float, or has fewer modules
 */
export async function joinLayers(model: Model, layers: number): Promise<Model> {
  if (layers === 1) return model;
  const graph = graphOf(decodeModel(model.network));
  requireFloat(graph, model.manifest);
  const modules = await findModules(graph);
  const earlier = modules
    .slice(0, -1)
    .reverse()
    .slice(0, layers - 1);
  if (earlier.length < layers - 1) {
    throw new UserError(
      `${model.id} has ${modules.length} inception modules: give at most --layers ${Math.max(1, modules.length)}`,
    );
  }
  const { embedding, embeddingSize } = model.manifest.outputs;
  const size = earlier.reduce((sum, { channels }) => sum + channels, embeddingSize);
  const joined = freshName(graph, 'joined_embedding');
  const means = earlier.map(
    ({ maps }) => [maps, freshName(graph, `${maps}_mean`), freshName(graph, `${maps}_flat`)] as const,
  );
  const nodes = means.flatMap(([maps, mean, flat]) => [
    makeNode('GlobalAveragePool', [maps], [mean]),
    makeNode('Flatten', [mean], [flat], { attributes: [intAttribute('axis', 1)] }),
  ]);
  const parts = [embedding, ...means.map(([, , flat]) => flat)];
  const network = encodeModel(
    modelOf({
      ...graph,
      outputs: graph.outputs.map((output) =>
        output.name === embedding ? makeValue(joined, 'float', [batchAxis, size]) : output,
      ),
      nodes: [...graph.nodes, ...nodes, makeNode('Concat', parts, [joined], { attributes: [intAttribute('axis', 1)] })],
    }),
  );
  const { knownAnswer: _answer, finetunedFrom: _parents, ...kept } = model.manifest;
  const manifest = parseManifest({
    ...kept,
    sha256: createHash('sha256').update(network).digest('hex'),
    outputs: { ...model.manifest.outputs, embedding: joined, embeddingSize: size },
  });
  return { ...model, manifest, network, id: modelId(manifest) };
}

/** Whether `joinLayers` accepts the model and the number of modules. */
export async function canJoinLayers({ network }: Model, layers: number): Promise<boolean> {
  const graph = graphOf(decodeModel(network));
  return findReducedPrecision(graph) === undefined && (await findModules(graph)).length >= layers;
}

/** Maps [N, channels, height, width] of each inception module, in order. */
async function findModules(graph: Graph): Promise<{ readonly maps: string; readonly channels: number }[]> {
  const { shapes } = await inferValueShapes(graph);
  return graph.nodes.flatMap((node) => {
    if (!isOperator(node, 'Concat') || getInt(node, 'axis', 1) !== 1) return [];
    const [maps = ''] = node.output;
    const shape = shapes.get(maps) ?? [];
    return shape.length === 4 ? [{ maps, channels: shape[1] ?? 0 }] : [];
  });
}
