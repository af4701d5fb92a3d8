import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './computation.ts';
import { availableModels, requireModels } from './stored-models.ts';

const computationsSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));

/**
 * Chooses the two models to compare. Each may be given as for `modelsMatching`; of only two models neither has to be given,
 * and the older one is `from`.
 * @throws {UserError} if that does not select one model each, listing the available ones
 */
export async function chooseModels(
  results: Results,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<{ from: Computation; to: Computation }> {
  const known = await results.query(
    computationsSchema,
    `select model, preprocess from results where status = 'classified'
     group by all order by min(classified_at), model, preprocess`,
  );
  const available = availableModels(known);
  const pick = (option: string, text: string | undefined, candidates: readonly Computation[]): Computation => {
    const matching = text === undefined ? candidates : requireModels(candidates, option, text);
    const [first, another] = matching;
    if (first !== undefined && another === undefined) return first;
    if (text === undefined) throw new UserError(`give ${option} <model>; ${available}`);
    throw new UserError(
      `${option} ${text} matches ${matching.length} models: give more of the id, up to all of it; ${available}`,
    );
  };
  const without = (excluded: Computation) => known.filter((candidate) => candidate !== excluded);
  if (from === undefined && to === undefined) {
    const [first, second, ...others] = known;
    if (first !== undefined && second !== undefined && others.length === 0) return { from: first, to: second };
    throw new UserError(`to compare two models give --from and --to; ${available}`);
  }
  if (from === undefined) {
    const second = pick('--to', to, known);
    return { from: pick('--from', from, without(second)), to: second };
  }
  const first = pick('--from', from, known);
  return { from: first, to: pick('--to', to, without(first)) };
}
