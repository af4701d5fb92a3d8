import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';
import { removeOld } from '../../open/cache-files.ts';

const stampSchema = z.strictObject({ bytes: z.int().nonnegative(), modified: z.number() });
const shardSchema = z.strictObject({
  /** Also the name of its folder. */
  name: z.uuid(),
  images: z.int().positive(),
  /** Stamps of its files when they were written. */
  vectors: stampSchema,
  ids: stampSchema,
});
const manifestSchema = z.strictObject({ formatVersion: z.literal(1), shards: z.array(shardSchema) });

/** A shard of an index as stored: a file of vectors and a file with the ids of their images. */
export type StoredShard = Readonly<z.infer<typeof shardSchema>>;
/** Size and modification time of a file. */
export type FileStamp = Readonly<z.infer<typeof stampSchema>>;

const manifestName = 'index.json';
/** Age at which files that no manifest names are removed: younger ones may belong to another running process. */
const leftoverMs = 3_600_000;

export function manifestPath(folder: string): string {
  return join(folder, manifestName);
}

export function vectorsPath(folder: string, { name }: Pick<StoredShard, 'name'>): string {
  return join(folder, name, 'vectors.usearch');
}

export function idsPath(folder: string, { name }: Pick<StoredShard, 'name'>): string {
  return join(folder, name, 'images.parquet');
}

/**
 * The shards that the manifest lists, none if it is missing.
 * @throws {Error} if the manifest is invalid
 */
export async function readManifest(folder: string): Promise<StoredShard[]> {
  const text = await readFile(manifestPath(folder), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? [] : manifestSchema.parse(JSON.parse(text)).shards;
}

/** Replaces the manifest atomically. Of two processes the last writer wins, and the shards of the other are lost. */
export async function writeManifest(folder: string, shards: readonly StoredShard[]): Promise<void> {
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await writeFile(partial, JSON.stringify({ formatVersion: 1, shards }), { flush: true });
    await rename(partial, manifestPath(folder));
  } finally {
    await rm(partial, { force: true });
  }
}

/** Flushes a file to disk and returns its stamp. */
export async function syncFile(path: string): Promise<FileStamp> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
  return stampOf(path);
}

export async function stampOf(path: string): Promise<FileStamp> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, modified: mtimeMs };
}

/** Removes replaced shards and the files of killed processes. */
export async function removeLeftovers(folder: string, shards: readonly StoredShard[]): Promise<void> {
  const kept = new Set([manifestName, ...shards.map(({ name }) => name)]);
  const leftovers = (await readdir(folder)).filter((name) => !kept.has(name));
  await removeOld(folder, leftovers, leftoverMs);
}
