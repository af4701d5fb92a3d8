import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { type Dimension, tensorType } from '../graph/value.ts';
import { elementTypeName } from '../onnx/element-type.ts';
import { decodeModel, readModelBytes } from '../onnx/model-file.ts';
import type { ValueInfoProto } from '../onnx/onnx_pb.ts';
import { countParameters } from './count-parameters.ts';
import { type LayerTable, layerTable } from './layer-table.ts';

/** An input or output: its element type by name, and its shape, free axes by their name. */
export interface ValueSummary {
  readonly name: string;
  readonly type: string;
  /** Empty where the network does not state it. */
  readonly shape: readonly Dimension[];
}

/** The manifest's essentials. */
export interface ManifestSummary {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly labels: number;
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
  /** Without the weights that old networks list among their inputs. */
  readonly inputs: readonly ValueSummary[];
  readonly outputs: readonly ValueSummary[];
  readonly nodes: number;
  /** How often each operator occurs, the most frequent first. */
  readonly operators: readonly { readonly operator: string; readonly count: number }[];
  /** Weights that training adjusts. */
  readonly parameters: number;
  /** Absent where the network takes no image or does not run. */
  readonly layers?: LayerTable;
  /** Why `layers` is absent. */
  readonly withoutLayers?: string;
  /** Of a model directory; absent for a bare `.onnx` file. */
  readonly manifest?: ManifestSummary;
}

/**
 * What is in a model directory or an `.onnx` file. The network is run once, on a black image, to measure its layers.
 * @throws {UserError} when there is no such path, or it is neither.
 */
export async function inspectModel(path: string): Promise<ModelSummary> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UserError(`expected a model directory or an .onnx file at ${path}: there is none`, { cause });
  });
  if (!found.isDirectory()) return summarise(path, await readModelBytes(path));
  const { manifest, network, id, preprocess: preprocessDigest } = await loadModel(path);
  const { name, version, labels, outputs, preprocess, source } = manifest;
  return {
    ...(await summarise(join(path, manifest.file), network)),
    manifest: {
      ...{ id, name, version, preprocess, preprocessDigest, source },
      labels: labels.length,
      embeddingSize: outputs.embeddingSize,
    },
  };
}

async function summarise(file: string, bytes: Uint8Array): Promise<ModelSummary> {
  const model = decodeModel(bytes, file);
  const graph = graphOf(model);
  const measured = await measure(graph);
  return {
    file,
    bytes: bytes.length,
    irVersion: graph.irVersion,
    opset: graph.opset,
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(summariseValue),
    outputs: graph.outputs.map(summariseValue),
    nodes: graph.nodes.length,
    operators: countOperators(graph),
    parameters: measured.layers?.totals.parameters ?? countParameters(graph),
    ...measured,
  };
}

async function measure(graph: Graph): Promise<Pick<ModelSummary, 'layers' | 'withoutLayers'>> {
  try {
    return { layers: await layerTable(graph) };
  } catch (error) {
    if (error instanceof UserError) return { withoutLayers: error.message };
    throw error;
  }
}

function summariseValue(value: ValueInfoProto): ValueSummary {
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
    (one, other) => other.count - one.count || (one.operator < other.operator ? -1 : 1),
  );
}
