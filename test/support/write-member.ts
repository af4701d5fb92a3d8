import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Graph } from '../../model/graph/graph.ts';
import { modelOf } from '../../model/graph/graph.ts';
import { addUint8Input } from '../../model/import/input/add-uint8-input.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import { writeModelDirectory } from '../../model/write-model-directory.ts';
import { type Preprocess, parseManifest } from '../../shared/models/model-manifest.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tinyEmbeddingSize, tinyNetwork, tinyPreprocess, wave } from './tiny-model.ts';

export interface MemberOptions {
  readonly name?: string;
  readonly labels?: readonly string[];
  /** Height and width of the crop, pixels. */
  readonly size?: number;
  /** Channels of the first convolution: another number gives another network. */
  readonly channels?: number;
  /** Replaces the weights of the last layer, so that two networks have the same layers before it. */
  readonly head?: number;
  readonly preprocess?: Partial<Preprocess>;
  readonly networkOrder?: 'RGB' | 'BGR';
  /** Changes the network behind the image. */
  readonly edit?: (graph: Graph) => Graph;
}

/** Writes a model directory with a small network for an ensemble, and returns its path. */
export async function writeMember(options: MemberOptions = {}): Promise<string> {
  const {
    name = 'member',
    labels = ['a', 'b', 'c', 'd'],
    size = 32,
    channels = 6,
    head,
    networkOrder = 'RGB',
  } = options;
  const preprocess = { ...tinyPreprocess(size), ...options.preprocess };
  const body = tinyNetwork(labels.length, size, channels);
  const weights = head === undefined ? [] : [wave('classes_w', [labels.length, tinyEmbeddingSize], 1, head)];
  const changed = {
    ...body,
    initializers: new Map([...body.initializers, ...weights.map((w) => [w.name, w] as const)]),
  };
  const { graph } = addUint8Input(options.edit?.(changed) ?? changed, { preprocess, networkOrder });
  const network = encodeModel(modelOf(graph));
  const sha256 = createHash('sha256').update(network).digest('hex');
  const manifest = parseManifest({
    ...{ formatVersion: 1, name, version: '1', file: 'model.onnx', sha256, preprocess },
    input: { name: 'image', dtype: 'uint8', layout: 'NHWC', shape: [size, size, 3] },
    outputs: { probabilities: 'probabilities', embedding: 'embedding', embeddingSize: tinyEmbeddingSize },
    labels: labels.map((label) => ({ id: label, name: `kind ${label}` })),
    source: { file: `${name}.onnx`, sha256 },
  });
  const directory = join(temporaryFolder(), name);
  await writeModelDirectory(directory, manifest, network);
  return directory;
}
