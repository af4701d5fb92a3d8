import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import { programName } from '../failures/program-name.ts';
import { UserError } from '../failures/user-error.ts';
import type { CropRule } from './crop-rule.ts';
import type { DecodeRule } from './decode-rule.ts';
import {
  type CropChoice,
  type ModelManifest,
  modelId,
  type Preprocess,
  parseManifest,
  preprocessDigest,
  preprocessWithChoice,
  preprocessWithCropRule,
  preprocessWithDecodeRule,
  preprocessWithRegions,
} from './model-manifest.ts';
import type { RegionsRule } from './regions-rule.ts';

export const manifestFile = 'manifest.json';

/** A model directory in memory, checked. */
export interface Model {
  readonly manifest: ModelManifest;
  /** The bytes of the `.onnx` file; they match the manifest's digest. */
  readonly network: Uint8Array;
  /** Identifies the model in result rows, see `modelId`. */
  readonly id: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

/** Access to the files of a model, in a folder or below a bucket prefix. */
export interface ModelFiles {
  /** The folder or `s3://bucket/prefix`, for messages. */
  readonly location: string;
  pathOf(file: string): string;
  /** @throws {Failure} if the file may exist but could not be read; any other error, or `object_gone`, if it is missing */
  read(file: string): Promise<Uint8Array>;
}

/**
 * Reads a model directory and checks the network against the manifest's digest.
 * @throws {UserError} if the manifest is missing or invalid, or the network is missing or does not match it
 */
export async function loadModel(directory: string): Promise<Model> {
  if (directory === '') throw new UserError('give a model directory');
  const pathOf = (file: string) => join(directory, file);
  return readModel({ location: directory, pathOf, read: (file) => readFile(pathOf(file)) });
}

/**
 * Reads a model from any location and checks the network against the manifest's digest.
 * @throws {UserError} as `loadModel`
 * @throws {Failure} if the location could not be read
 */
export async function readModel({ location, pathOf, read }: ModelFiles): Promise<Model> {
  const bytes = await read(manifestFile).catch((cause: unknown) => {
    if (cause instanceof Failure && cause.reason !== 'object_gone') throw cause;
    throw missingModel(location, cause);
  });
  const manifest = parseManifestFile(bytes, pathOf(manifestFile));
  const path = pathOf(manifest.file);
  const network = await read(manifest.file).catch((cause: unknown) => {
    if (cause instanceof Failure && cause.reason !== 'object_gone') throw cause;
    throw new UserError(`cannot read the network ${path}, which the manifest names`, { cause });
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

export function missingModel(location: string, cause: unknown): UserError {
  const message = `no model in ${location}: ${manifestFile} is missing; "${programName()} help model import" shows how to make one`;
  return new UserError(message, { cause });
}

/**
 * @param path of the file, for the message
 * @throws {UserError} if the bytes are not a manifest
 */
export function parseManifestFile(bytes: Uint8Array, path: string): ModelManifest {
  try {
    return parseManifest(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new UserError(`${path} is not a model manifest: ${firstIssue(cause)}`, { cause });
  }
}

/** The same model with another crop rule. Its results differ in `preprocess`. */
export function modelWithCropRule(model: Model, rule: CropRule): Model {
  return withPreprocess(model, preprocessWithCropRule(model.manifest.preprocess, rule));
}

/** The same model with another decode rule. Its results differ in `preprocess`. */
export function modelWithDecodeRule(model: Model, rule: DecodeRule): Model {
  return withPreprocess(model, preprocessWithDecodeRule(model.manifest.preprocess, rule));
}

/** The same model, which also classifies regions of each image. Its results differ in `preprocess`. */
export function modelWithRegions(model: Model, regions: RegionsRule): Model {
  return withPreprocess(model, preprocessWithRegions(model.manifest.preprocess, regions));
}

/** The same model as it was chosen to run, see `preprocessWithChoice`. */
export function modelWithChoice(model: Model, choice: CropChoice): Model {
  const { preprocess } = model.manifest;
  const used = preprocessWithChoice(preprocess, choice);
  return used === preprocess ? model : withPreprocess(model, used);
}

function withPreprocess(model: Model, preprocess: Preprocess): Model {
  return { ...model, manifest: { ...model.manifest, preprocess }, preprocess: preprocessDigest(preprocess) };
}
