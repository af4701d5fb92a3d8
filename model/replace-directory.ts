import { randomUUID } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { settingNames } from '../shared/failures/setting-names.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { manifestFile } from '../shared/models/model-directory.ts';
import { diskProblem } from '../shared/stores/local/file-failure.ts';

/** The network's file name in every model directory that this project writes. */
export const networkFile = 'model.onnx';

const modelFiles: readonly string[] = [manifestFile, networkFile];

/**
 * Replaces a model directory atomically: `fill` writes into a sibling folder, which then replaces `out`. The old content
 * of `out` stays until the new one is complete.
 * @throws {UserError} if `out` contains files other than a model of this project, or cannot be written
 */
export async function replaceDirectory(out: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = resolve(out);
  await checkReplaceable(out, true);
  const parent = dirname(target);
  const temporary = await makeSibling(parent, target, out);
  const old = `${temporary}-old`;
  try {
    await fill(temporary);
    const hasOld = await moveIfPresent(target, old);
    try {
      await rename(temporary, target);
    } catch (cause) {
      if (hasOld) await rename(old, target);
      throw cause;
    }
  } catch (error) {
    const problem = diskProblem(error);
    throw problem === undefined ? error : new UserError(`${out} cannot be written: ${problem}`, { cause: error });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

/** @throws {UserError} if `out` is the source model, which would be overwritten */
export async function checkNotSource(source: string, out: string): Promise<void> {
  const [from, to] = await Promise.all([source, out].map((path) => realpath(path).catch(() => resolve(path))));
  if (from === to) throw new UserError(`${out} is the source model: give another folder`);
}

/**
 * Checks at the start of a command that a model can be written.
 * @param overwrite whether an existing model may be replaced
 * @throws {UserError} if `out` contains a model without `overwrite`, or other files than a model
 */
export async function checkReplaceable(out: string, overwrite = false): Promise<void> {
  const names = await readdir(resolve(out)).catch((cause: unknown): string[] => {
    if (hasCode(cause, 'ENOENT')) return [];
    const problem = hasCode(cause, 'ENOTDIR') ? 'is a file' : 'cannot be read';
    throw new UserError(`${out} ${problem}: give a folder to write the model to`, { cause });
  });
  if (names.length > 0 && !names.includes(manifestFile)) {
    throw new UserError(`${out} contains other files and no model: give an empty or new folder`);
  }
  const unknown = names.find((name) => !modelFiles.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`${out} contains ${unknown} next to the model that would be replaced: move it away first`);
  }
  if (names.length > 0 && !overwrite) {
    throw new UserError(`${out} contains a model: give ${settingNames.overwrite} to replace it, or another folder`);
  }
}

async function makeSibling(parent: string, target: string, out: string): Promise<string> {
  const sibling = join(parent, `.${basename(target)}-${randomUUID()}`);
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(sibling);
    return sibling;
  } catch (cause) {
    throw new UserError(`cannot create ${out}: its parent folder is not writable`, { cause });
  }
}

async function moveIfPresent(target: string, old: string): Promise<boolean> {
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
