import { readFile } from 'node:fs/promises';
import { Failure } from '../failures/failure.ts';
import { UserError } from '../failures/user-error.ts';
import { underPrefix } from '../stores/keys.ts';
import { type Location, parseLocation } from '../stores/location.ts';
import type { ObjectStore } from '../stores/ports.ts';
import { loadModel, type Model, manifestFile, parseManifestFile, readModel } from './model-directory.ts';
import type { ModelManifest } from './model-manifest.ts';

/** Far more than the labels of any classifier take. */
const maxManifestBytes = 16 * 2 ** 20;
/** What the format of a network can hold in one file. */
const maxNetworkBytes = 2 ** 31;

/**
 * Loads the model of a deployment, into memory alone: its container may have no disk to write to.
 * @param place the path of a model directory, or `s3://bucket/prefix` of one in a bucket
 * @param expected the model that this deployment is meant to serve, as `modelId` names it; undefined for any
 * @throws {UserError} when there is no model, it is damaged, or it is another than expected
 * @throws {Failure} when the bucket could not be read
 */
export async function loadModelAt(
  place: string,
  objects: Pick<ObjectStore, 'read'>,
  expected?: string,
): Promise<Model> {
  const location = parseLocation(place);
  const model = location.kind === 'folder' ? await loadModel(location.path) : await modelInBucket(location, objects);
  if (expected === undefined || model.id === expected) return model;
  throw new UserError(`expected the model ${expected}, ${place} holds ${model.id}`);
}

/**
 * Reads a model's manifest alone, for those who make crops.
 * @param place its path, or `s3://bucket/key`
 */
export async function readManifestAt(place: string, objects: Pick<ObjectStore, 'read'>): Promise<ModelManifest> {
  const location = parseLocation(place);
  const bytes =
    location.kind === 'folder'
      ? await readFile(location.path)
      : await bytesOf(location.bucket, location.prefix, objects, maxManifestBytes);
  return parseManifestFile(bytes, place);
}

/**
 * Reads the manifest of a model for those who only have to name it.
 * @param place a model directory, or its manifest as a deployment takes it; a path or in a bucket
 * @throws {UserError} when there is none
 * @throws {Failure} when the bucket could not be read
 */
export async function findManifest(place: string, objects: Pick<ObjectStore, 'read'>): Promise<ModelManifest> {
  if (place === '') throw new UserError('expected a model directory, got nothing');
  const path = place.endsWith('.json') ? place : underPrefix(place, manifestFile);
  return readManifestAt(path, objects).catch((cause: unknown) => {
    if (cause instanceof UserError || (cause instanceof Failure && cause.reason !== 'object_gone')) throw cause;
    throw new UserError(
      `no model in ${place}: expected ${manifestFile} in it; "inception-batch model import" makes one`,
      {
        cause,
      },
    );
  });
}

function modelInBucket(
  { bucket, prefix }: Extract<Location, { kind: 's3' }>,
  objects: Pick<ObjectStore, 'read'>,
): Promise<Model> {
  return readModel({
    place: `s3://${bucket}/${prefix}`,
    pathOf: (file) => `s3://${bucket}/${underPrefix(prefix, file)}`,
    read: (file) => bytesOf(bucket, underPrefix(prefix, file), objects, maxNetworkBytes),
  });
}

async function bytesOf(
  bucket: string,
  key: string,
  objects: Pick<ObjectStore, 'read'>,
  maxBytes: number,
): Promise<Uint8Array> {
  try {
    return (await objects.read({ bucket, key }, { maxBytes })).bytes;
  } catch (error) {
    const { reason, message, cause } = Failure.from(error);
    throw new Failure(reason, `s3://${bucket}/${key} cannot be read: ${message}`, { cause });
  }
}
