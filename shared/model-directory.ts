import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstIssue } from './first-issue.ts';
import {
  type CropRule,
  type ModelManifest,
  modelId,
  parseManifest,
  preprocessDigest,
  preprocessWith,
} from './model-manifest.ts';
import { UserError } from './user-error.ts';

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

/**
 * Reads a model directory and checks the network against the manifest's digest.
 * @throws {UserError} when the manifest is missing or wrong, or the network is missing or another.
 */
export async function loadModel(directory: string): Promise<Model> {
  if (directory === '') throw new UserError('expected a model directory, got nothing');
  const manifest = await readManifest(directory);
  const path = join(directory, manifest.file);
  const network = await readFile(path).catch((cause: unknown) => {
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

/** The same model, shown other crops of each image; `preprocess` tells its results from those of the first. */
export function withCropRule(model: Model, rule: CropRule): Model {
  const preprocess = preprocessWith(model.manifest.preprocess, rule);
  return { ...model, manifest: { ...model.manifest, preprocess }, preprocess: preprocessDigest(preprocess) };
}

async function readManifest(directory: string): Promise<ModelManifest> {
  const path = join(directory, manifestFile);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(
      `no model in ${directory}: expected ${manifestFile} in it; "inception-batch model import" makes one`,
      { cause },
    );
  });
  try {
    return parseManifest(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path} is not a model manifest: ${firstIssue(cause)}`, { cause });
  }
}
