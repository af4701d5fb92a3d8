import type { Model } from '../../shared/models/model-directory.ts';
import { replaceHead } from '../finetune/replace-head.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import type { Labels } from '../import/labels.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';

/**
 * Adapts a model to a list of labels: unchanged if it is the model's list, otherwise with a new last layer of zeros after
 * the embedding, to be trained.
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
