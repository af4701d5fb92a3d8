import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import { type Computation, computationId } from './computation.ts';

const computationsSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));

/**
 * The models and preprocessings of all rows, the oldest first.
 * @throws {UserError} naming a part that cannot be read
 */
export async function storedModels(results: Results): Promise<Computation[]> {
  return results.query(
    computationsSchema,
    `select model, preprocess from results group by all
     order by min(coalesce(classified_at, ingested_at)), model, preprocess`,
  );
}

/**
 * The models that a text means: the one with this id, else those with this name, else those whose
 * `model/preprocess` begins with it. `googlenet` does not mean `googlenet-int8`, unless there is no `googlenet`.
 */
export function modelsMatching<T extends Computation>(models: readonly T[], text: string): T[] {
  const tests: readonly ((id: string, model: string) => boolean)[] = [
    (id, model) => id === text || model === text,
    (_, model) => model.startsWith(`${text}@`),
    (id) => id.startsWith(text),
  ];
  const matching = tests.map((test) => models.filter((each) => test(computationId(each), each.model)));
  return matching.find(({ length }) => length > 0) ?? [];
}

/**
 * As `modelsMatching`, for an option that needs at least one.
 * @throws {UserError} listing the available models
 */
export function requireModels<T extends Computation>(models: readonly T[], option: string, text: string): T[] {
  const matching = text === '' ? [] : modelsMatching(models, text);
  if (matching.length > 0) return matching;
  throw new UserError(`${option} ${text} matches no model; ${availableModels(models)}`);
}

/** For messages. */
export function availableModels(models: readonly Computation[]): string {
  return `available: ${models.map(computationId).join(', ') || 'none'}`;
}

/**
 * The shortest text that tells a model from the others, for tables: its name, its id, or its id and preprocessing.
 * @returns undefined for one model, which needs no column
 */
export function shortNames(models: readonly Computation[]): ReadonlyMap<Computation, string> | undefined {
  if (models.length < 2) return undefined;
  const forms = [
    ({ model }: Computation) => model.replace(/@[^@]*$/, ''),
    ({ model }: Computation) => model,
    computationId,
  ];
  const form = forms.find((each) => new Set(models.map(each)).size === models.length) ?? computationId;
  return new Map(models.map((model) => [model, form(model)]));
}
