import { z } from 'zod';
import { didYouMean } from '../../shared/failures/suggest.ts';
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
 * `model/preprocess`, or the same without the digest, begins with it. `googlenet` does not mean `googlenet-int8`, unless there is no `googlenet`.
 */
export function modelsMatching<T extends Computation>(models: readonly T[], text: string): T[] {
  const tests: readonly ((id: string, model: string) => boolean)[] = [
    (id, model) => id === text || model === text,
    (_, model) => model.startsWith(`${text}@`),
    (id) => id.startsWith(text),
    (id) => id.replace(/@[^/]*/, '').startsWith(text),
  ];
  const matching = tests.map((test) => models.filter((each) => test(computationId(each), each.model)));
  return matching.find(({ length }) => length > 0) ?? [];
}

/**
 * As `modelsMatching`, for an option that needs at least one.
 * @throws {UserError} suggesting a model, and listing the available ones
 */
export function requireModels<T extends Computation>(models: readonly T[], option: string, text: string): T[] {
  const matching = text === '' ? [] : modelsMatching(models, text);
  if (matching.length > 0) return matching;
  throw new UserError(`${option} ${text} matches no model${nearestModel(models, text)}; ${availableModels(models)}`);
}

/**
 * The stored models that a text means; undefined without one.
 * @param option for the message
 * @throws {UserError} as `requireModels`
 */
export async function modelsOf(
  results: Results,
  option: string,
  text: string | undefined,
): Promise<Computation[] | undefined> {
  return text === undefined ? undefined : requireModels(await storedModels(results), option, text);
}

/** ` (did you mean googlenet?)`, or nothing. */
export function nearestModel(models: readonly Computation[], text: string): string {
  return didYouMean(text, [...new Set(models.map(nameOf))]);
}

/** For messages. */
export function availableModels(models: readonly Computation[]): string {
  return `available: ${models.map(computationId).join(', ') || 'none'}`;
}

/**
 * A short text that means this model and none of the others, for tables: its name, or its name with the start of its digest
 * (`googlenet@0123`) or of its preprocessing (`googlenet/fedc`), or else all of both. Options take the same texts.
 * @returns undefined for one model, which needs no column
 */
export function shortNames(models: readonly Computation[]): ReadonlyMap<Computation, string> | undefined {
  if (models.length < 2) return undefined;
  const forms = [
    nameOf,
    ({ model }: Computation) => model.slice(0, model.lastIndexOf('@') + 1 + shortDigest),
    (each: Computation) => `${nameOf(each)}/${each.preprocess.slice(0, shortDigest)}`,
    computationId,
  ];
  const isUnique = (text: string) => modelsMatching(models, text).length === 1;
  return new Map(models.map((each) => [each, forms.map((form) => form(each)).find(isUnique) ?? computationId(each)]));
}

/** The name of one of these models as `shortNames` gives it; of a single one, its id. */
export function shortNameOf(models: readonly Computation[], computation: Computation): string {
  const id = computationId(computation);
  const stored = models.find((each) => computationId(each) === id);
  return (stored && shortNames(models)?.get(stored)) ?? id;
}

/** Digits of a digest in a table. */
const shortDigest = 4;

function nameOf({ model }: Computation): string {
  return model.replace(/@[^@]*$/, '');
}
