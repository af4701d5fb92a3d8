import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { epochRecordSchema } from './report/epoch-record.ts';
import { type VectorName, vectorNames } from './step/build-update-graph.ts';
import type { TrainingVectors } from './workers/step-runner.ts';

const count = z.int().nonnegative();
const checkpointSchema = z.object({
  formatVersion: z.literal(1),
  /** Of everything that a training must have in common with the one that it goes on with. */
  recipe: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Epochs that are whole, and updates in all. */
  epochs: count,
  updates: count,
  /** Of the epoch that was begun. */
  begun: z.object({ updates: count, loss: z.number(), correct: count, samples: count, seconds: z.number() }),
  history: z.array(epochRecordSchema),
  vectors: z.object({ file: z.string(), sha256: z.string(), lengths: z.partialRecord(z.enum(vectorNames), count) }),
});

type Stored = z.infer<typeof checkpointSchema>;
/** Where a training stands. */
export type TrainingPosition = Omit<Stored, 'formatVersion' | 'vectors'>;

const positionFile = 'checkpoint.json';

/**
 * Writes a checkpoint whole or not at all: the vectors under a name of their own, then what names them, in one step.
 * @throws {UserError} when the disk is full or cannot be written; an earlier checkpoint stays
 */
export async function saveCheckpoint(
  folder: string,
  position: TrainingPosition,
  vectors: TrainingVectors,
): Promise<void> {
  if (!vectors.values().every((vector) => vector.every(Number.isFinite))) {
    throw new UserError(
      `the weights after step ${position.updates} are no numbers any more: a lower learning rate may help; they are not kept`,
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
    // Half a file under a hidden name does no harm: that it could not be removed is not what to say.
    await Promise.allSettled([fresh, join(folder, `.${file}`)].map((path) => rm(path, { force: true })));
    throw new UserError(`the checkpoint in ${folder} cannot be written: ${firstIssue(cause)}; one from before stays`, {
      cause,
    });
  }
  await removeVectors(folder, file);
}

/**
 * @returns undefined where there is none
 * @throws {UserError} when it is damaged
 */
export async function loadCheckpoint(
  folder: string,
): Promise<{ position: TrainingPosition; vectors: TrainingVectors } | undefined> {
  const path = join(folder, positionFile);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new UserError(`the checkpoint ${path} cannot be read`, { cause });
  });
  if (text === undefined) return undefined;
  const { vectors: described, formatVersion: _, ...position } = parse(text, path);
  const bytes = await readFile(join(folder, described.file)).catch((cause: unknown) => {
    throw new UserError(`${path} names ${described.file}, which cannot be read: the checkpoint is damaged`, { cause });
  });
  if (digestOf(bytes) !== described.sha256) {
    throw new UserError(`${described.file} in ${folder} is not what ${positionFile} says: the checkpoint is damaged`);
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

/** Takes away what nobody will go on with. */
export async function removeCheckpoint(folder: string): Promise<void> {
  // First what names the vectors: half of a checkpoint is none.
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
    throw new UserError(`${path} is no checkpoint: ${firstIssue(cause)}`, { cause });
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
