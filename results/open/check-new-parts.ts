import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkPart } from './check-part.ts';
import { mapParts, type Part } from './parts.ts';

/** Ids in the file, beyond those of existing parts, from which it is written anew. */
const maxStale = 10_000;

/**
 * Compares the checksum of every part that this machine has not read before. Reading all bytes of a large store would take
 * longer than most queries.
 * @param file with the ids of checked parts; created if missing. Undefined to check every part.
 * @throws {DamagedPart} for the first damaged part
 */
export async function checkNewParts(parts: readonly Part[], file: string | undefined): Promise<void> {
  const checked = new Set(file === undefined ? [] : (await readFile(file, 'utf8').catch(() => '')).split('\n'));
  const fresh = parts.filter(({ id }) => !checked.has(id));
  if (fresh.length === 0) return;
  await mapParts(fresh, async ({ name, address: { key }, fetch }) => checkPart({ key, name }, await fetch()));
  if (file === undefined) return;
  // A part that cannot be recorded, as on a full disk, is checked again.
  await (checked.size > parts.length + maxStale ? replace(file, parts) : append(file, fresh)).catch(() => undefined);
}

async function append(file: string, parts: readonly Part[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, linesOf(parts));
}

async function replace(file: string, parts: readonly Part[]): Promise<void> {
  const partial = join(dirname(file), `.${randomUUID()}.partial`);
  await writeFile(partial, linesOf(parts));
  await rename(partial, file);
}

function linesOf(parts: readonly Part[]): string {
  return parts.map(({ id }) => `${id}\n`).join('');
}
