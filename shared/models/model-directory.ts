import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import { UserError } from '../failures/user-error.ts';
import {
  type CropRule,
  type ModelManifest,
  modelId,
  parseManifest,
  preprocessDigest,
  preprocessWithCropRule,
} from './model-manifest.ts';

export const manifestFile = 'manifest.json';

/** A model directory, read and checked. */
export interface Model {
  readonly manifest: ModelManifest;
  /** The `.onnx` file's bytes, whose digest is the manifest's. */
  readonly network: Uint8Array;
  /** As result rows name it, see `modelId`. */
  readonly id: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

/** A place that holds the files of a model: a folder, or a prefix of a bucket. */
export interface ModelFiles {
  /** As people write it. */
  readonly place: string;
  pathOf(file: string): string;
  /**
   * @throws {Failure} when the file may be there but could not be had; anything else when it is not there
   */
  read(file: string): Promise<Uint8Array>;
}

/**
 * Reads a model directory and checks the network against the manifest's digest.
 * @throws {UserError} when the manifest is missing or wrong, or the network is missing or another.
 */
export async function loadModel(directory: string): Promise<Model> {
  if (directory === '') throw new UserError('expected a model directory, got nothing');
  const pathOf = (file: string) => join(directory, file);
  return readModel({ place: directory, pathOf, read: (file) => readFile(pathOf(file)) });
}

/**
 * Reads a model, wherever its files lie, and checks the network against the manifest's digest.
 * @throws {UserError} when the manifest is missing or wrong, or the network is missing or another
 * @throws {Failure} when the place could not be read
 */
export async function readModel({ place, pathOf, read }: ModelFiles): Promise<Model> {
  const text = await read(manifestFile).catch((cause: unknown) => {
    if (cause instanceof Failure && cause.reason !== 'object_gone') throw cause;
    throw new UserError(
      `no model in ${place}: expected ${manifestFile} in it; "inception-batch model import" makes one`,
      {
        cause,
      },
    );
  });
  const manifest = parseManifestFile(text, pathOf(manifestFile));
  const path = pathOf(manifest.file);
  const network = await read(manifest.file).catch((cause: unknown) => {
    if (cause instanceof Failure && cause.reason !== 'object_gone') throw cause;
    throw new UserError(`the model's network ${path} cannot be read: the manifest names it`, { cause });
  });
  const digest = createHash('sha256').update(network).digest('hex');
  if (digest !== manifest.sha256) {
    throw new UserError(
      `the digest of ${path} is ${digest.slice(0, 12)}…, its manifest expects ${manifest.sha256.slice(0, 12)}…: ` +
        'the file was changed or damaged; import the model again',
    );
  }
  return { manifest, network, id: modelId(manifest), preprocess: preprocessDigest(manifest.preprocess) };
}

/**
 * A manifest from the bytes of its file.
 * @param path where they were read, for the error
 * @throws {UserError} when they are something else
 */
export function parseManifestFile(bytes: Uint8Array, path: string): ModelManifest {
  try {
    return parseManifest(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new UserError(`${path} is not a model manifest: ${firstIssue(cause)}`, { cause });
  }
}

/** The same model, shown other crops of each image; `preprocess` tells its results from those of the first. */
export function modelWithCropRule(model: Model, rule: CropRule): Model {
  const preprocess = preprocessWithCropRule(model.manifest.preprocess, rule);
  return { ...model, manifest: { ...model.manifest, preprocess }, preprocess: preprocessDigest(preprocess) };
}
