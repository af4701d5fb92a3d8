import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import { type Computation, computationId } from './computation.ts';

const computationsSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));

/**
 * Chooses the two models to compare. Each may be given by its name or by the beginning of `model/preprocess`; of only two
 * models neither has to be given, and the older one is `from`.
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
  const available = `available: ${known.map(computationId).join(', ') || 'none'}`;
  const pick = (option: string, prefix: string | undefined, candidates: readonly Computation[]): Computation => {
    const exact = candidates.filter(({ model }) => model === prefix);
    const matching = candidates.filter((candidate) => computationId(candidate).startsWith(prefix ?? ''));
    const [first, another] = exact.length === 1 ? exact : matching;
    if (first !== undefined && another === undefined) return first;
    if (prefix === undefined) throw new UserError(`give ${option} <model>; ${available}`);
    if (first === undefined) throw new UserError(`${option} ${prefix} matches no model; ${available}`);
    throw new UserError(
      `${option} ${prefix} matches ${matching.length} models: give more of the id, up to all of it; ${available}`,
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
