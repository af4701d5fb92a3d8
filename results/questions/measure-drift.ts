import { z } from 'zod';
import { uniqueNames } from '../../shared/models/label-name.ts';
import type { Results } from '../open/open-results.ts';
import { embeddingSql } from '../similar/embeddings/embedded-images.ts';
import { type Computation, computationId } from './computation.ts';

/**
 * How the answers of two models differ on the images that both classified. Labels are compared by id and shown by name; a
 * name of several labels is followed by the id, such as `crane (n02012849)` of ImageNet.
 */
export interface Drift {
  readonly from: Computation;
  readonly to: Computation;
  /** Images that both classified. */
  readonly images: number;
  /** Of these, images with the same label. */
  readonly same: number;
  /** False if the models have no label in common, as before and after finetuning: `transitions` is then a cross-tabulation. */
  readonly sharesLabels: boolean;
  /** Mean absolute difference of the probability of the most probable label. */
  readonly probabilityChange: number | null;
  /** Mean cosine of the two embeddings over `compared` images; null if their sizes differ. */
  readonly cosine: number | null;
  /** At most `maxCompared`, a fixed sample. */
  readonly compared: number;
  /** By the label of the first model, most images first. */
  readonly labels: readonly { readonly label: string; readonly images: number; readonly same: number }[];
  /** Label changes, most images first. */
  readonly transitions: readonly { readonly from: string; readonly to: string; readonly images: number }[];
  /** Images with another label, highest confidence of both models first; none if the models have no label in common. */
  readonly moved: readonly MovedImage[];
  /** Images that one of the models did not classify, by both outcomes; `none` is a missing row. */
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

const maxMoved = 20;
/** Images whose embeddings are compared. More might not fit in memory. */
const maxCompared = 10_000;

const rowsOf = (id: string) =>
  `(select * from results where model || '/' || preprocess = ${id} and status <> 'deleted')`;
const both = `${rowsOf('$from')} as a join ${rowsOf('$to')} as b using (image_id)
  where a.status = 'classified' and b.status = 'classified'`;
const labelOf = (row: string) => `struct_pack(name := ${row}.label, id := ${row}.label_id)`;

const totalsSchema = z.tuple([
  z.object({
    images: z.number(),
    same: z.number(),
    change: z.number().nullable(),
    shared: z.boolean(),
    fromSize: z.number().nullable(),
    toSize: z.number().nullable(),
  }),
]);
const sizeOf = (id: string) => `(select len(embedding)::double from ${rowsOf(id)} where status = 'classified' limit 1)`;
const totalsSql = `
  select count(*)::double as images, (count(*) filter (a.label_id = b.label_id))::double as same,
    avg(abs(a.probability - b.probability))::double as change,
    exists (select label_id from ${rowsOf('$from')} where label_id is not null
      intersect select label_id from ${rowsOf('$to')}) as shared,
    ${sizeOf('$from')} as "fromSize", ${sizeOf('$to')} as "toSize"
  from ${both}`;

const labelSchema = z.object({ id: z.string(), name: z.string() });
type Label = z.output<typeof labelSchema>;
const labelsSchema = z.array(z.object({ label: labelSchema, images: z.number(), same: z.number() }));
const labelsSql = `
  select ${labelOf('a')} as label, count(*)::double as images,
    (count(*) filter (a.label_id = b.label_id))::double as same
  from ${both} group by all order by images desc, label`;

const transitionsSchema = z.array(z.object({ from: labelSchema, to: labelSchema, images: z.number() }));
const transitionsSql = `
  select ${labelOf('a')} as "from", ${labelOf('b')} as "to", count(*)::double as images
  from ${both} and a.label_id <> b.label_id group by all
  order by images desc, "from", "to"`;

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
const movedSql = `
  select a.key as key, image_id as image, ${labelOf('a')} as "from", a.probability::double as "fromProbability",
    ${labelOf('b')} as "to", b.probability::double as "toProbability"
  from ${both} and a.label_id <> b.label_id
  order by least(a.probability, b.probability) desc, image_id limit ${maxMoved}`;

const cosineSchema = z.tuple([z.object({ cosine: z.number().nullable(), compared: z.number() })]);
// Arrays, because DuckDB cannot compare lists if a row that it has not selected is null.
const cosineSql = (size: number) => `
  with picked as (select image_id from ${both} order by hash(image_id) limit ${maxCompared})
  select avg(cosine) filter (not isnan(cosine))::double as cosine, count(*)::double as compared
  from (select array_cosine_similarity(a.vector, b.vector) as cosine
  from (select image_id, ${embeddingSql(size)} as vector from ${rowsOf('$from')} semi join picked using (image_id)) as a
  join (select image_id, ${embeddingSql(size)} as vector from ${rowsOf('$to')} semi join picked using (image_id)) as b
    using (image_id))`;

const othersSchema = z.array(z.object({ from: z.string(), to: z.string(), images: z.number() }));
const othersSql = `
  select coalesce(a.status, 'none') as "from", coalesce(b.status, 'none') as "to", count(*)::double as images
  from ${rowsOf('$from')} as a full join ${rowsOf('$to')} as b using (image_id)
  where a.status is distinct from 'classified' or b.status is distinct from 'classified'
  group by all order by images desc, "from", "to"`;

/**
 * Compares the rows of two models. Deleted images are left out.
 * @param nameOf how a label is shown; by default the whole label
 * @throws {UserError} naming a part that cannot be read
 */
export async function measureDrift(
  results: Results,
  from: Computation,
  to: Computation,
  nameOf: (label: { readonly label_id: string; readonly label: string }) => string = ({ label }) => label,
): Promise<Drift> {
  const query = <T>(schema: z.ZodType<T>, sql: string) =>
    results.query(schema, sql, { from: computationId(from), to: computationId(to) });
  const [{ images, same, change, shared, fromSize, toSize }] = await query(totalsSchema, totalsSql);
  const labels = await query(labelsSchema, labelsSql);
  const transitions = await query(transitionsSchema, transitionsSql);
  const moved = shared ? await query(movedSchema, movedSql) : [];
  const [{ cosine, compared }] =
    fromSize !== null && fromSize === toSize
      ? await query(cosineSchema, cosineSql(fromSize))
      : [{ cosine: null, compared: 0 }];
  const others = await query(othersSchema, othersSql);
  const shown = ({ id, name }: Label) => ({ id, name: nameOf({ label_id: id, label: name }) });
  const shownLabels = [...labels.map(({ label }) => label), ...transitions.flatMap((pair) => [pair.from, pair.to])];
  const uniqueText = uniqueNames(shownLabels.map(shown));
  const textOf = (label: Label) => uniqueText(shown(label));
  const withTexts = <T extends { from: Label; to: Label }>(pair: T) => ({
    ...pair,
    from: textOf(pair.from),
    to: textOf(pair.to),
  });
  return {
    ...{ from, to, images, same, sharesLabels: shared, probabilityChange: change, cosine, compared, others },
    labels: labels.map((counts) => ({ ...counts, label: textOf(counts.label) })),
    transitions: transitions.map(withTexts),
    moved: moved.map(withTexts),
  };
}
