import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import { type ModelManifest, parseManifest } from '../../shared/models/model-manifest.ts';
import { modelOf } from '../graph/graph.ts';
import { embeddingOutput } from '../import/head/expose-embedding.ts';
import { probabilitiesOutput } from '../import/head/name-probabilities.ts';
import { imageInput } from '../import/input/add-uint8-input.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { checkNotSource, checkReplaceable, networkFile } from '../replace-directory.ts';
import { writeModelDirectory } from '../write-model-directory.ts';
import { alignOperatorSets } from './align-operator-sets.ts';
import { checkAgainstMembers, type MemberDifference } from './check-against-members.ts';
import { checkDifferentLayers } from './check-layers.ts';
import { ensembleGraph } from './ensemble-graph.ts';
import { fitImage, operatorSetOf } from './fit-image.ts';
import { labelOrder } from './label-order.ts';
import { type Member, openMembers } from './open-members.ts';
import { shareCrop } from './shared-crop.ts';

export interface EnsembleOptions {
  /** Model directories, at least two. */
  readonly sources: readonly string[];
  /** The one of `sources` whose embedding the ensemble has. @default all of them, one after the other */
  readonly embeddingOf?: string | undefined;
  /** Name of the model. @default ensemble */
  readonly name?: string | undefined;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

/** With the differences from the members, on synthetic images. */
export interface EnsembleResult extends MemberDifference {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** Ids of the members. */
  readonly members: readonly string[];
  /** Members whose image is cut out of the ensemble's image or resized from it. */
  readonly refitted: readonly string[];
  /** Layers with weights that several members have, computed once. */
  readonly sharedLayers: number;
}

/**
 * Makes one model of several: its probabilities are the mean of theirs. Deterministic: the same models in the same order give
 * the same bytes.
 * @throws {UserError} if a model is not float, labels or images cannot be made the same, or `out` is invalid; then nothing is
 *   written
 */
export async function ensembleModel(options: EnsembleOptions): Promise<EnsembleResult> {
  const { sources, embeddingOf, name = 'ensemble', out, overwrite } = options;
  for (const source of sources) await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const members = await openMembers(sources);
  if (embeddingOf !== undefined && !sources.includes(embeddingOf)) {
    throw new UserError(`${embeddingOf} is not one of the models: give one of ${sources.join(', ')}`);
  }
  const [first] = members;
  const orders = members.map((member) => labelOrder(first, member));
  const { preprocess, fits } = shareCrop(members);
  const { height, width } = preprocess.crop;
  const graphs = await alignOperatorSets(members, Math.max(...fits.map(operatorSetOf)));
  const prefixes = prefixesOf(members);
  const parts = members.map(({ source, model }, index) => ({
    prefix: prefixes[index] ?? '',
    graph: fitImage(at(graphs, index), at(fits, index), { height, width }),
    outputs: model.manifest.outputs,
    order: orders[index],
    embeds: embeddingOf === undefined || source === embeddingOf,
  }));
  checkDifferentLayers(parts.map(({ graph }, index) => ({ source: at(members, index).source, graph })));
  const { labels } = first.model.manifest;
  const { graph, embeddingSize, embedded, sharedLayers } = ensembleGraph(parts, {
    classes: labels.length,
    height,
    width,
  });
  const network = encodeModel(modelOf(graph));
  const ids = members.map(({ model }) => model.id);
  const digest = sha256(members.map(({ model }) => model.manifest.sha256).join());
  const manifest = parseManifest({
    formatVersion: 1,
    name,
    version: digest.slice(0, 12),
    file: networkFile,
    sha256: sha256(network),
    input: { name: imageInput, dtype: 'uint8', layout: 'NHWC', shape: [height, width, 3] },
    preprocess,
    outputs: { probabilities: probabilitiesOutput, embedding: embeddingOutput, embeddingSize },
    labels,
    source: { file: `ensemble of ${ids.join(', ')}`, sha256: digest },
    derivedFrom: [...new Set([...ids, ...members.flatMap(({ model }) => model.manifest.derivedFrom ?? [])])],
  });
  const compared = members.map(({ model }, index) => ({
    model,
    fit: at(fits, index),
    order: orders[index],
    embeds: embedded.includes(index),
  }));
  const differences = await checkAgainstMembers({ network, manifest }, compared);
  return {
    directory: out,
    manifest: await writeModelDirectory(out, manifest, network),
    members: ids,
    refitted: ids.filter((_, index) => at(fits, index).kind !== 'same'),
    sharedLayers,
    ...differences,
  };
}

/** The names of the models, with a number where two are the same. */
function prefixesOf(members: readonly Member[]): string[] {
  const names = members.map(({ model }) => model.manifest.name);
  return names.map((name, index) => {
    const number = names.slice(0, index + 1).filter((other) => other === name).length;
    return names.indexOf(name) === names.lastIndexOf(name) ? `${name}/` : `${name}-${number}/`;
  });
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
