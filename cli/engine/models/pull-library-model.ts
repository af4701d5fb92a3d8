import { z } from 'zod';
import { functionSchema, parseOptions } from '../../../shared/failures/parse-options.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { pullModels } from './pull-models.ts';

const pullOptions = z.strictObject({
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
  onDownload: functionSchema<(name: string, received: number, bytes: number) => void>()
    .optional()
    .describe('a function'),
  onStep: functionSchema<(step: string) => void>().optional().describe('a function'),
});

/**
 * Makes one model ready for a program.
 * @returns the model directory
 * @throws {UserError} for an invalid option, or as `pullModels`
 */
export async function pullLibraryModel(name: unknown, options: unknown): Promise<string> {
  if (typeof name !== 'string') throw new UserError('give the name of a model to pull; listModels gives the names');
  const { signal: stop, onDownload, onStep } = parseOptions(pullOptions, options, 'pullModel');
  const [pulled] = await pullModels([name], {}, { stop, onDownload, onStep });
  if (pulled === undefined) throw new UserError(`unknown model ${name}`);
  return pulled.directory;
}
