import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Recipe } from '../recipe.ts';
import { optionText, recipeOf, type Settings, settingNames, settingsOf } from '../recipe-settings.ts';
import type { RecipeOptions } from './choose-settings.ts';

export interface ResumedRecipe {
  readonly recipe: Recipe;
  /** Options of the checkpoint that were not given, and that would be others in a new training. */
  readonly kept: readonly string[];
}

/** Settings without a fixed default. */
const chosenSettings = ['batch', 'workers', 'rate'];

/**
 * The recipe of a checkpoint, from which a training continues.
 * @param options the recipe of the command line, with defaults
 * @param given the settings that the user gave; they must be those of the checkpoint
 * @param folder of the checkpoint, for messages
 * @throws {UserError} when a given setting differs, or a setting of the checkpoint is missing
 */
export function resumeRecipe(stored: Settings, options: RecipeOptions, given: Settings, folder: string): ResumedRecipe {
  const different = settingNames.find((name) => given[name] !== undefined && given[name] !== stored[name]);
  if (different !== undefined) {
    const known = optionText(different, stored[different]);
    throw new UserError(
      `the checkpoint in ${folder} was not made with ${optionText(different, given[different])}: leave it out` +
        (known === undefined ? '' : `, or give ${known}`),
    );
  }
  const recipe = storedRecipe(stored, folder);
  const { batch = recipe.batch, workers = recipe.workers, schedule } = options;
  const { rate = recipe.schedule.rate } = schedule;
  const defaults = settingsOf({ ...options, batch, workers, schedule: { ...schedule, rate } });
  const kept = settingNames
    .filter((name) => given[name] === undefined)
    .filter((name) => chosenSettings.includes(name) || stored[name] !== defaults[name])
    .flatMap((name) => optionText(name, stored[name]) ?? []);
  return { recipe, kept };
}

function storedRecipe(stored: Settings, folder: string): Recipe {
  try {
    return recipeOf(stored);
  } catch (cause) {
    const problem = `the training in ${folder} cannot be resumed: ${firstIssue(cause)}; remove the folder to start again`;
    throw new UserError(problem, { cause });
  }
}
