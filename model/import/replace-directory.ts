import { randomUUID } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { manifestFile } from '../../shared/models/model-directory.ts';

/** The network's file name in every model directory that this project writes. */
export const networkFile = 'model.onnx';

const ownFiles: readonly string[] = [manifestFile, networkFile];

/**
 * Writes a model directory whole or not at all: `fill` writes into a sibling folder, which then takes the place of
 * `out`. What was at `out` stays until the new one is complete.
 * @throws {UserError} when `out` holds anything but a model that this project wrote, or cannot be written.
 */
export async function replaceDirectory(out: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = resolve(out);
  await checkReplaceable(target, out);
  const parent = dirname(target);
  const temporary = await makeSibling(parent, target, out);
  const old = `${temporary}-old`;
  try {
    await fill(temporary);
    const replaced = await moveAway(target, old);
    try {
      await rename(temporary, target);
    } catch (cause) {
      if (replaced) await rename(old, target);
      throw cause;
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

/** @throws {UserError} when `out` is the model that is read: what it was made of would be lost. */
export async function checkNotSource(source: string, out: string): Promise<void> {
  const [one, other] = await Promise.all([source, out].map((path) => realpath(path).catch(() => resolve(path))));
  if (one === other) throw new UserError(`expected another folder than the model's own for --out, got ${out}`);
}

/** @throws {UserError} when replacing `out` would destroy something that is no model. */
export async function checkReplaceable(target: string, out: string): Promise<void> {
  const found = await readdir(target).catch((cause: unknown): string[] => {
    if (hasCode(cause, 'ENOENT')) return [];
    const problem = hasCode(cause, 'ENOTDIR') ? 'it is a file' : 'it cannot be read';
    throw new UserError(`expected ${out} to be a folder to write the model to: ${problem}`, { cause });
  });
  if (found.length > 0 && !found.includes(manifestFile)) {
    throw new UserError(`${out} holds other files and no model: give an empty or new folder`);
  }
  const stranger = found.find((name) => !ownFiles.includes(name));
  if (stranger !== undefined) {
    throw new UserError(`${out} holds ${stranger} beside the model that would be replaced: move it away first`);
  }
}

async function makeSibling(parent: string, target: string, out: string): Promise<string> {
  const sibling = join(parent, `.${basename(target)}-${randomUUID()}`);
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(sibling);
    return sibling;
  } catch (cause) {
    throw new UserError(`the folder ${out} cannot be made: its parent cannot be written`, { cause });
  }
}

async function moveAway(target: string, old: string): Promise<boolean> {
  try {
    await rename(target, old);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return false;
    throw cause;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
