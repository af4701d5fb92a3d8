import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './finished-images.ts';

/**
 * How two models answer to the same images, as far as both have classified them. Labels are the same by their ids, and are
 * told by their names; where one name is that of several, as `crane` of ImageNet, by both: `crane (n02012849)`.
 */
export interface Drift {
  readonly from: Computation;
  readonly to: Computation;
  /** Images that both classified. */
  readonly images: number;
  /** Of these, those with the same label. */
  readonly same: number;
  /** False where no label is given by both, as by a finetuned model: then `transitions` is a cross-tabulation. */
  readonly sharesLabels: boolean;
  /** Mean absolute difference of the probability of the most probable label. */
  readonly probabilityChange: number | null;
  /** Mean cosine of the two embeddings, over `compared` images; null where their sizes differ. */
  readonly cosine: number | null;
  /** At most `mostCompared` of those in common, always the same. */
  readonly compared: number;
  /** By the label of the first model, most images first. */
  readonly labels: readonly { readonly label: string; readonly images: number; readonly same: number }[];
  /** From label to label, those that changed, most images first. */
  readonly transitions: readonly { readonly from: string; readonly to: string; readonly images: number }[];
  /** Images with another label, those of which both models are surest; none where no label is shared. */
  readonly moved: readonly MovedImage[];
  /** Images that one of the two has not classified, by what it made of them; `none` where it has no row. */
  readonly others: readonly { readonly from: string; readonly to: string; readonly images: number }[];
}

export interface MovedImage {
  readonly key: string;
  readonly image: string;
  readonly from: string;
  readonly fromProbability: number;
  readonly to: string;
  readonly toProbability: number;
}

const mostMoved = 20;
const mostCompared = 10_000;

/** Images that were deleted are of no interest any more. */
const rowsOf = (model: string) =>
  `(select * from results where model || '/' || preprocess = ${model} and status <> 'deleted')`;
const both = `${rowsOf('$from')} as a join ${rowsOf('$to')} as b using (image_id)
  where a.status = 'classified' and b.status = 'classified'`;

const totalsSchema = z.tuple([
  z.object({
    images: z.number(),
    same: z.number(),
    change: z.number().nullable(),
    shared: z.boolean(),
    comparable: z.boolean().nullable(),
  }),
]);
const labelSchema = z.object({ id: z.string(), name: z.string() });
type Label = z.output<typeof labelSchema>;
const labelsSchema = z.array(z.object({ label: labelSchema, images: z.number(), same: z.number() }));
const transitionsSchema = z.array(z.object({ from: labelSchema, to: labelSchema, images: z.number() }));
const pairsSchema = z.array(z.object({ from: z.string(), to: z.string(), images: z.number() }));
const cosineSchema = z.tuple([z.object({ cosine: z.number().nullable(), compared: z.number() })]);
const movedSchema = z.array(
  z.object({
    key: z.string(),
    image: z.string(),
    from: labelSchema,
    fromProbability: z.number(),
    to: labelSchema,
    toProbability: z.number(),
  }),
);

/**
 * Compares what two models made of the same images.
 * @throws {UserError} naming a part that cannot be read
 */
export async function measureDrift(results: Results, from: Computation, to: Computation): Promise<Drift> {
  const parameters = { from: computationId(from), to: computationId(to) };
  const ask = async <T>(schema: z.ZodType<T>, sql: string): Promise<T> => {
    const reader = await results.connection.runAndReadAll(sql, parameters);
    return schema.parse(reader.getRowObjectsJS());
  };
  try {
    const [totals] = await ask(
      totalsSchema,
      `select count(*)::double as images, (count(*) filter (a.label_id = b.label_id))::double as same,
         avg(abs(a.probability - b.probability))::double as change,
         exists (select label_id from ${rowsOf('$from')} where label_id is not null
           intersect select label_id from ${rowsOf('$to')}) as shared,
         (select len(embedding) from ${rowsOf('$from')} where status = 'classified' limit 1)
           = (select len(embedding) from ${rowsOf('$to')} where status = 'classified' limit 1) as comparable
       from ${both}`,
    );
    const labels = await ask(
      labelsSchema,
      `select ${labelOf('a')} as label, count(*)::double as images,
         (count(*) filter (a.label_id = b.label_id))::double as same
       from ${both} group by all order by images desc, label`,
    );
    const transitions = await ask(
      transitionsSchema,
      `select ${labelOf('a')} as "from", ${labelOf('b')} as "to", count(*)::double as images
       from ${both} and a.label_id <> b.label_id group by all
       order by images desc, "from", "to"`,
    );
    const moved = totals.shared
      ? await ask(
          movedSchema,
          `select a.key as key, image_id as image, ${labelOf('a')} as "from", a.probability::double as "fromProbability",
             ${labelOf('b')} as "to", b.probability::double as "toProbability"
           from ${both} and a.label_id <> b.label_id
           order by least(a.probability, b.probability) desc, image_id limit ${mostMoved}`,
        )
      : [];
    const [{ cosine, compared }] = totals.comparable
      ? await ask(cosineSchema, cosineQuery)
      : [{ cosine: null, compared: 0 }];
    const others = await ask(
      pairsSchema,
      `select coalesce(a.status, 'none') as "from", coalesce(b.status, 'none') as "to", count(*)::double as images
       from ${rowsOf('$from')} as a full join ${rowsOf('$to')} as b using (image_id)
       where a.status is distinct from 'classified' or b.status is distinct from 'classified'
       group by all order by images desc, "from", "to"`,
    );
    const { images, same, change, shared } = totals;
    const found = { images, same, sharesLabels: shared, probabilityChange: change, cosine, compared };
    const told = toldBy([...labels.map(({ label }) => label), ...transitions.flatMap((pair) => [pair.from, pair.to])]);
    const toldPair = <T extends { from: Label; to: Label }>(pair: T) => ({
      ...pair,
      from: told(pair.from),
      to: told(pair.to),
    });
    return {
      ...{ from, to, ...found, others },
      labels: labels.map((own) => ({ ...own, label: told(own.label) })),
      transitions: transitions.map(toldPair),
      moved: moved.map(toldPair),
    };
  } catch (error) {
    throw await results.explain(error);
  }
}

function labelOf(row: string): string {
  return `struct_pack(name := ${row}.label, id := ${row}.label_id)`;
}

/** @param labels all that are told */
function toldBy(labels: readonly Label[]): (label: Label) => string {
  const ids = new Map<string, string>();
  const repeated = new Set<string>();
  for (const { id, name } of labels) {
    if ((ids.get(name) ?? id) !== id) repeated.add(name);
    ids.set(name, id);
  }
  return ({ id, name }) => (repeated.has(name) ? `${name} (${id})` : name);
}

/** Only as many embeddings are joined as memory surely holds. */
const cosineQuery = `
  with picked as (select image_id from ${both} order by hash(image_id) limit ${mostCompared})
  select avg(cosine) filter (not isnan(cosine))::double as cosine, count(*)::double as compared
  from (select list_cosine_similarity(a.embedding, b.embedding) as cosine
  from (select image_id, embedding from ${rowsOf('$from')} semi join picked using (image_id)) as a
  join (select image_id, embedding from ${rowsOf('$to')} semi join picked using (image_id)) as b using (image_id))`;

const computationsSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));

/**
 * The two models to compare: those whose `model/preprocess` begins as asked for, or the only two that there are.
 * @throws {UserError} when that is not one each
 */
export async function chooseModels(
  results: Results,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<{ from: Computation; to: Computation }> {
  const run = async () => {
    const reader = await results.connection.runAndReadAll(
      `select model, preprocess from results where status = 'classified'
       group by all order by min(classified_at), model, preprocess`,
    );
    return computationsSchema.parse(reader.getRowObjectsJS());
  };
  const known = await run().catch(async (error: unknown) => {
    throw await results.explain(error);
  });
  const names = known.map(computationId).join(', ');
  const there = known.length === 0 ? 'there is none' : `there are ${names}`;
  const pick = (wanted: string | undefined, option: string, left: readonly Computation[]): Computation => {
    const exact = left.filter(({ model }) => model === wanted);
    const matching = wanted === undefined ? left : left.filter((one) => computationId(one).startsWith(wanted));
    const [first, another] = exact.length === 1 ? exact : matching;
    if (first !== undefined && another === undefined) return first;
    const got = wanted === undefined ? 'got none' : `got ${wanted}, with which ${matching.length} begin`;
    throw new UserError(`expected ${option} <model>, by the beginning of its id, ${got}: ${there}`);
  };
  if (from === undefined && to === undefined && known.length !== 2) {
    throw new UserError(`expected results of two models, or --from and --to: ${there}`);
  }
  if (from === undefined && to === undefined) {
    const [first, second] = known;
    if (first !== undefined && second !== undefined) return { from: first, to: second };
  }
  const one = from === undefined ? undefined : pick(from, '--from', known);
  const other = pick(
    to,
    '--to',
    known.filter((candidate) => candidate !== one),
  );
  return {
    from:
      one ??
      pick(
        from,
        '--from',
        known.filter((candidate) => candidate !== other),
      ),
    to: other,
  };
}

/** As `--from` and `--to` take it. */
export function computationId({ model, preprocess }: Computation): string {
  return `${model}/${preprocess}`;
}
