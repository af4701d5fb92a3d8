import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { type Dimension, tensorType } from '../graph/value.ts';
import { areNumbered } from '../import/labels.ts';
import { elementTypeName } from '../onnx/element-type.ts';
import type { ModelProto, ValueInfoProto } from '../onnx/onnx_pb.ts';
import { countParameters } from './count-parameters.ts';
import { type LayerTable, layerTable } from './layer-table.ts';
import { openInspected } from './open-inspected.ts';

/** An input or output. */
export interface ValueSummary {
  readonly name: string;
  /** Name of the element type. */
  readonly type: string;
  /** Dynamic axes by name. Empty if the network does not state the shape. */
  readonly shape: readonly Dimension[];
}

export interface ManifestSummary {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly labels: number;
  /** False if the classes are only numbered. */
  readonly labelNames: boolean;
  readonly embeddingSize: number;
  readonly preprocess: ModelManifest['preprocess'];
  readonly preprocessDigest: string;
  readonly source: ModelManifest['source'];
}

export interface ModelSummary {
  /** Path of the `.onnx` file. */
  readonly file: string;
  readonly bytes: number;
  readonly irVersion: number;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly producer: string;
  /** Without weights, which old networks list as inputs. */
  readonly inputs: readonly ValueSummary[];
  readonly outputs: readonly ValueSummary[];
  readonly nodes: number;
  /** Operators with their number of nodes, the most frequent first. */
  readonly operators: readonly { readonly operator: string; readonly count: number }[];
  /** Number of trainable weights. */
  readonly parameters: number;
  /** Absent if the network does not take an image or does not run. */
  readonly layers?: LayerTable;
  /** Why `layers` is absent. */
  readonly withoutLayers?: string;
  /** Absent for an `.onnx` file without a model directory. */
  readonly manifest?: ManifestSummary;
}

/**
 * Summarizes a model directory or an `.onnx` file. The network is run once on a black image to measure its layers.
 * @throws {UserError} if the path is missing, or is neither
 */
export async function inspectModel(path: string): Promise<ModelSummary> {
  const { file, model, bytes, described } = await openInspected(path);
  const summary = await summarize(file, model, bytes);
  if (described === undefined) return summary;
  const { manifest, id, preprocess: preprocessDigest } = described;
  const { name, version, labels, outputs, preprocess, source } = manifest;
  return {
    ...summary,
    manifest: {
      ...{ id, name, version, preprocess, preprocessDigest, source },
      labels: labels.length,
      labelNames: !areNumbered(labels),
      embeddingSize: outputs.embeddingSize,
    },
  };
}

async function summarize(file: string, model: ModelProto, bytes: number): Promise<ModelSummary> {
  const graph = graphOf(model);
  const measured = await tryLayerTable(graph);
  return {
    file,
    bytes,
    irVersion: graph.irVersion,
    opset: graph.opset,
    producer: [model.producerName, model.producerVersion].filter((text) => text !== '').join(' '),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(summarizeValue),
    outputs: graph.outputs.map(summarizeValue),
    nodes: graph.nodes.length,
    operators: countOperators(graph),
    parameters: measured.layers?.totals.parameters ?? countParameters(graph),
    ...measured,
  };
}

async function tryLayerTable(graph: Graph): Promise<Pick<ModelSummary, 'layers' | 'withoutLayers'>> {
  try {
    return { layers: await layerTable(graph) };
  } catch (error) {
    if (error instanceof UserError) return { withoutLayers: error.message };
    throw error;
  }
}

function summarizeValue(value: ValueInfoProto): ValueSummary {
  const { dataType, shape = [] } = tensorType(value);
  return { name: value.name, type: elementTypeName(dataType), shape };
}

function countOperators(graph: Graph): ModelSummary['operators'] {
  const counts = new Map<string, number>();
  for (const { opType, domain } of graph.nodes) {
    const operator = domain === '' ? opType : `${domain}.${opType}`;
    counts.set(operator, (counts.get(operator) ?? 0) + 1);
  }
  return Array.from(counts, ([operator, count]) => ({ operator, count })).sort(
    (a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1),
  );
}
