import { displayLabelSql } from '../../shared/models/label-name.ts';
import { columns, columnsOfRegions } from '../../shared/rows/schema.ts';
import { regionViewColumns } from '../open/create-regions-view.ts';
import type { Computation } from '../questions/computation.ts';
import { modelNameSql, type RowSelection, rowCondition } from '../questions/row-selection.ts';

export interface QueryOptions extends RowSelection {
  /** Whether the columns are those of a table for people. */
  readonly isTable: boolean;
  /** Maximum rows. @default all */
  readonly limit?: number | undefined;
  /** Whether embeddings are included. @default false */
  readonly embeddings?: boolean | undefined;
  /** Names of models: a table then has a column with them. */
  readonly modelNames?: ReadonlyMap<Computation, string> | undefined;
  /** Whether a table has a column with the job. @default false */
  readonly jobs?: boolean | undefined;
}

const ofImage = 'order by bucket, key, image_id, model, preprocess';

/** A row per image. @param hasRegions whether any image has regions: otherwise their columns are left out */
export function imagesQuery(options: QueryOptions, hasRegions: boolean): string {
  const { isTable, embeddings = false } = options;
  const { embedding } = columns;
  const names = isTable ? [...imageCells(options, hasRegions), embedding.name] : Object.keys(columns);
  const selected = names.filter(
    (name) => (name !== embedding.name || embeddings) && (!columnsOfRegions.has(name) || hasRegions),
  );
  return `select ${selected.join(', ')} from results where ${rowCondition(options)} ${ofImage} ${limited(options)}`;
}

/** A row per region; the label and the probability of the selection are those of regions. */
export function regionsQuery(options: QueryOptions): string {
  const { isTable, embeddings = false } = options;
  const names = [
    ...(isTable ? regionCells(options) : regionViewColumns),
    ...(embeddings ? [columns.embedding.name] : []),
  ];
  return `select ${names.join(', ')} from regions where ${rowCondition(options)} ${ofImage}, region ${limited(options)}`;
}

function limited({ limit }: QueryOptions): string {
  return limit === undefined ? '' : `limit ${limit}`;
}

/** For people: the first name of a label, and a probability in percent. */
const [label, probability] = [
  `${displayLabelSql} as label`,
  `printf('%.1f %%', 100 * probability::double) as probability`,
];

/** The labels of the regions and how many regions have each: `dog ×2, cat`. */
const regionLabels = `(
  select string_agg(if(count > 1, name || ' ×' || count, name), ', ' order by count desc, name) from (
    select ${displayLabelSql} as name, count(*) as count
    from (select box.label as label, box.label_id as label_id from (select unnest(regions) as box)) group by name
  )
) as regions`;

function imageCells({ modelNames, jobs }: QueryOptions, hasRegions: boolean): string[] {
  return [
    ...['key', ...jobCell(jobs), 'status', 'reason', label, probability],
    ...(hasRegions ? [regionLabels] : []),
    ...modelCell(modelNames),
  ];
}

function regionCells({ modelNames, jobs }: QueryOptions): string[] {
  // As `boxText`.
  const box = `concat_ws(',', x, y, width, height) as box`;
  return ['key', ...jobCell(jobs), 'region', label, probability, box, ...modelCell(modelNames)];
}

function jobCell(jobs: QueryOptions['jobs']): string[] {
  return jobs ? ['job'] : [];
}

function modelCell(modelNames: QueryOptions['modelNames']): string[] {
  return modelNames === undefined ? [] : [`${modelNameSql(modelNames)} as model`];
}
