import type { Model } from '../../shared/models/model-directory.ts';
import { replaceHead } from '../finetune/replace-head.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import type { Labels } from '../import/labels.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';

/**
 * A model for these labels: the same where they are its own; else with a new last layer, all zeros, behind its embedding,
 * which tells nothing yet.
 */
export function withLabels(model: Model, labels: Labels): Model {
  const { manifest } = model;
  if (labels === manifest.labels) return model;
  const { outputs } = manifest;
  const head = {
    weights: new Float32Array(labels.length * outputs.embeddingSize),
    bias: new Float32Array(labels.length),
  };
  const graph = replaceHead(graphOf(decodeModel(model.network)), outputs, head);
  return { ...model, manifest: { ...manifest, labels }, network: encodeModel(modelOf(graph)) };
}
