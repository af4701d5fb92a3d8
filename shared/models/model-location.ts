import { readFile } from 'node:fs/promises';
import { Failure } from '../failures/failure.ts';
import { UserError } from '../failures/user-error.ts';
import { underPrefix } from '../stores/keys.ts';
import { type Location, parseLocation } from '../stores/location.ts';
import type { ObjectStore } from '../stores/ports.ts';
import { loadModel, type Model, manifestFile, missingModel, parseManifestFile, readModel } from './model-directory.ts';
import type { ModelManifest } from './model-manifest.ts';

/** Far more than the labels of any classifier need. */
const maxManifestBytes = 16 * 2 ** 20;
/** The maximum of the ONNX format. */
const maxNetworkBytes = 2 ** 31;

/**
 * Loads a model into memory: a container may have no writable disk.
 * @param location a model directory, or `s3://bucket/prefix`
 * @param expectedId the only model to accept, see `modelId`; undefined for any
 * @throws {UserError} if the model is missing, damaged or not the expected one
 * @throws {Failure} if the bucket could not be read
 */
export async function loadModelAt(
  location: string,
  objects: Pick<ObjectStore, 'read'>,
  expectedId?: string,
): Promise<Model> {
  const parsed = parseLocation(location);
  const model = parsed.kind === 'folder' ? await loadModel(parsed.path) : await readFromBucket(parsed, objects);
  if (expectedId === undefined || model.id === expectedId) return model;
  throw new UserError(`expected the model ${expectedId}, found ${model.id} in ${location}`);
}

/**
 * Reads a model's manifest alone, which is enough to make crops.
 * @param location its path, or `s3://bucket/key`
 */
export async function readManifestAt(location: string, objects: Pick<ObjectStore, 'read'>): Promise<ModelManifest> {
  const parsed = parseLocation(location);
  const bytes =
    parsed.kind === 'folder'
      ? await readFile(parsed.path)
      : await readObject(parsed.bucket, parsed.prefix, objects, maxManifestBytes);
  return parseManifestFile(bytes, location);
}

/**
 * Reads the manifest of a model whose network is not needed.
 * @param location a model directory or its manifest, a path or in a bucket
 * @throws {UserError} if it is missing
 * @throws {Failure} if the bucket could not be read
 */
export async function findManifest(location: string, objects: Pick<ObjectStore, 'read'>): Promise<ModelManifest> {
  if (location === '') throw new UserError('give a model directory');
  const path = location.endsWith('.json') ? location : underPrefix(location, manifestFile);
  return readManifestAt(path, objects).catch((cause: unknown) => {
    if (cause instanceof UserError || (cause instanceof Failure && cause.reason !== 'object_gone')) throw cause;
    throw missingModel(location, cause);
  });
}

function readFromBucket(
  { bucket, prefix }: Extract<Location, { kind: 's3' }>,
  objects: Pick<ObjectStore, 'read'>,
): Promise<Model> {
  return readModel({
    location: `s3://${bucket}/${prefix}`,
    pathOf: (file) => `s3://${bucket}/${underPrefix(prefix, file)}`,
    read: (file) => readObject(bucket, underPrefix(prefix, file), objects, maxNetworkBytes),
  });
}

async function readObject(
  bucket: string,
  key: string,
  objects: Pick<ObjectStore, 'read'>,
  maxBytes: number,
): Promise<Uint8Array> {
  try {
    return (await objects.read({ bucket, key }, { maxBytes })).bytes;
  } catch (error) {
    const { reason, message, cause } = Failure.from(error);
    throw new Failure(reason, `cannot read s3://${bucket}/${key}: ${message}`, { cause });
  }
}
