import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../shared/failures/user-error.ts';
import { manifestFile } from '../shared/models/model-directory.ts';

/** @throws {UserError} for a folder without a model, or a name, saying how a program gets a model directory */
export async function checkModelSource(source: string): Promise<void> {
  await access(join(source, manifestFile)).catch((cause: unknown) => {
    const advice = `give a model directory: one that importModel wrote, or for a name, await pullModel('googlenet')`;
    throw new UserError(`no model in ${source}; ${advice}`, { cause });
  });
}
