import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

const stampSchema = z.strictObject({ bytes: z.int().nonnegative(), modified: z.number() });
const shardSchema = z.strictObject({
  /** Of its folder. */
  name: z.uuid(),
  images: z.int().positive(),
  /** How its files were when they were written. */
  vectors: stampSchema,
  ids: stampSchema,
});
const manifestSchema = z.strictObject({ formatVersion: z.literal(1), shards: z.array(shardSchema) });

/** A part of an index as it lies in the folder: vectors, and the ids of the images that they are of. */
export type StoredShard = Readonly<z.infer<typeof shardSchema>>;
/** Size and time of a file. */
export type Stamp = Readonly<z.infer<typeof stampSchema>>;

const manifestName = 'index.json';
/** After which what no index names is removed: until then another process may be writing or opening it. */
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
 * The shards of an index as it says itself, none where there is no index yet.
 * @throws {Error} when what is there is no index
 */
export async function readManifest(folder: string): Promise<StoredShard[]> {
  const text = await readFile(manifestPath(folder), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? [] : manifestSchema.parse(JSON.parse(text)).shards;
}

/** From now on these are the shards of the index. Of two processes the last one decides; what the other added is lost. */
export async function writeManifest(folder: string, shards: readonly StoredShard[]): Promise<void> {
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await writeFile(partial, JSON.stringify({ formatVersion: 1, shards }), { flush: true });
    await rename(partial, manifestPath(folder));
  } finally {
    await rm(partial, { force: true });
  }
}

/** The stamp of a file that is made durable first. */
export async function syncedStamp(path: string): Promise<Stamp> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
  return stampOf(path);
}

export async function stampOf(path: string): Promise<Stamp> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, modified: mtimeMs };
}

/** Removes what was left behind by a process that was killed, and shards that others have replaced. */
export async function removeLeftovers(folder: string, shards: readonly StoredShard[]): Promise<void> {
  const kept = new Set([manifestName, ...shards.map(({ name }) => name)]);
  const names = (await readdir(folder)).filter((name) => !kept.has(name));
  for (const path of names.map((name) => join(folder, name))) {
    const stats = await stat(path).catch(() => undefined);
    if (stats && Date.now() - stats.mtimeMs > leftoverMs) await rm(path, { recursive: true, force: true });
  }
}
