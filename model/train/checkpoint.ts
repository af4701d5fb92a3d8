import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { presentSettings } from './recipe-settings.ts';
import { epochRecordSchema } from './report/epoch-record.ts';
import { type VectorName, vectorNames } from './step/build-update-graph.ts';
import type { TrainingVectors } from './workers/step-runner.ts';

const count = z.int().nonnegative();
const checkpointSchema = z.object({
  formatVersion: z.literal(1),
  /** Settings that must be equal to resume the training: those of the recipe, and the model and images. */
  recipe: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).transform(presentSettings),
  /** Number of complete epochs, and of all updates. */
  epochs: count,
  updates: count,
  /** Sums over the epoch in progress. */
  begun: z.object({ updates: count, loss: z.number(), correct: count, samples: count, seconds: z.number() }),
  history: z.array(epochRecordSchema),
  vectors: z.object({ file: z.string(), sha256: z.string(), lengths: z.partialRecord(z.enum(vectorNames), count) }),
});

type Stored = z.infer<typeof checkpointSchema>;
/** The progress and history of a training. */
export type TrainingPosition = Omit<Stored, 'formatVersion' | 'vectors'>;

export interface Checkpoint {
  readonly position: TrainingPosition;
  readonly vectors: TrainingVectors;
}

/** `begun` at the start of an epoch. */
export const emptySums: TrainingPosition['begun'] = { updates: 0, loss: 0, correct: 0, samples: 0, seconds: 0 };

const positionFile = 'checkpoint.json';

/**
 * Writes a checkpoint atomically: first the vectors in a new file, then the JSON file that references it, by renaming.
 * @throws {UserError} when the disk is full or not writable, or a weight is NaN or infinite; the earlier checkpoint is kept
 */
export async function saveCheckpoint(
  folder: string,
  position: TrainingPosition,
  vectors: TrainingVectors,
): Promise<void> {
  if (!vectors.values().every((vector) => vector.every(Number.isFinite))) {
    throw new UserError(
      `weights are NaN or infinite after update ${position.updates}: try a lower learning rate; no checkpoint was written`,
    );
  }
  const file = `vectors-${position.updates}.f32`;
  const bytes = Buffer.concat(Array.from(vectors.values(), ({ buffer }) => Buffer.from(buffer)));
  const lengths = Object.fromEntries(Array.from(vectors, ([state, { length }]) => [state, length]));
  const stored: Stored = { formatVersion: 1, ...position, vectors: { file, sha256: digestOf(bytes), lengths } };
  const fresh = join(folder, `.${positionFile}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `.${file}`), bytes, { flush: true });
    await writeFile(fresh, `${JSON.stringify(stored)}\n`, { flush: true });
    await rename(join(folder, `.${file}`), join(folder, file));
    await rename(fresh, join(folder, positionFile));
  } catch (cause) {
    // A partial file under a hidden name is harmless, so a failed removal must not hide the cause.
    await Promise.allSettled([fresh, join(folder, `.${file}`)].map((path) => rm(path, { force: true })));
    const problem = `the checkpoint in ${folder} cannot be written: ${firstIssue(cause)}; the earlier one is kept`;
    throw new UserError(problem, { cause });
  }
  await removeVectors(folder, file);
}

/**
 * @returns undefined if the folder has no checkpoint
 * @throws {UserError} when the checkpoint is damaged
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const path = join(folder, positionFile);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new UserError(`the checkpoint ${path} cannot be read`, { cause });
  });
  if (text === undefined) return undefined;
  const { vectors: described, formatVersion: _, ...position } = parse(text, path);
  const bytes = await readFile(join(folder, described.file)).catch((cause: unknown) => {
    throw new UserError(`the checkpoint ${path} is damaged: ${described.file} cannot be read`, { cause });
  });
  if (digestOf(bytes) !== described.sha256) {
    throw new UserError(`the checkpoint ${path} is damaged: the checksum of ${described.file} is wrong`);
  }
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  const vectors = new Map<VectorName, Float32Array<ArrayBuffer>>();
  let offset = 0;
  for (const state of vectorNames) {
    const length = described.lengths[state];
    if (length === undefined) continue;
    vectors.set(state, all.slice(offset, offset + length));
    offset += length;
  }
  return { position, vectors };
}

/** @throws {UserError} when the checkpoint is missing or damaged */
export async function requireCheckpoint(folder: string): Promise<Checkpoint> {
  const checkpoint = await loadCheckpoint(folder);
  if (checkpoint !== undefined) return checkpoint;
  throw new UserError(`no checkpoint in ${folder}: start the training without --resume`);
}

export async function removeCheckpoint(folder: string): Promise<void> {
  // The JSON file first: without it, remaining vectors are not a checkpoint.
  await rm(join(folder, positionFile), { force: true });
  await removeVectors(folder, undefined);
}

async function removeVectors(folder: string, kept: string | undefined): Promise<void> {
  const old = (await readdir(folder)).filter((name) => /^vectors-\d+\.f32$/.test(name) && name !== kept);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

function parse(text: string, path: string): Stored {
  try {
    return checkpointSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path} is not a checkpoint: ${firstIssue(cause)}`, { cause });
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
