import { expect } from 'vitest';
import { readTensorflowJs } from '../../../model/tensorflow-js/read-tensorflow-js.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { ModelCase } from './model-case.ts';
import { writeModel } from './write-model.ts';

/** Expects that a case cannot be converted. @returns the message, which names the file */
export async function problemOf(model: ModelCase): Promise<string> {
  const file = await writeModel(temporaryFolder(), model);
  const error = await readTensorflowJs(file).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const message = error instanceof Error ? error.message : '';
  expect(message).toContain(file);
  return message;
}
