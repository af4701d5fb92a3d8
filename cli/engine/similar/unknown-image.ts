import type { Results } from '../../../results/open/open-results.ts';
import { isBestLabel } from '../../../results/questions/stored-labels.ts';
import { similarKey } from '../../../results/similar/search/find-image.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

/**
 * The error for a name that is neither that of an image of the results nor that of a file.
 * @param labelCommand the command that lists the images with a label, for a label in place of an image
 */
export async function unknownImage(
  name: string,
  results: Results,
  labelCommand: (label: string) => string,
): Promise<UserError> {
  if (await isBestLabel(results, name)) {
    return new UserError(`${name} is a label, not an image: "${labelCommand(name)}" lists its images`);
  }
  const key = await similarKey(results, name);
  const meant = key === undefined ? '' : ` (did you mean ${key}?)`;
  return new UserError(`no image ${name}${meant}: give a file, or the key or id of an image in the results`);
}

/** The error for a file whose embedding cannot be computed without a model. */
export function missingModelOf(name: string, model: string): UserError {
  return new UserError(
    `${name} is not in the results: give --model with the name or directory of ${model} to compute its embedding`,
  );
}
