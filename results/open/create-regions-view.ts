import type { DuckDBConnection } from '@duckdb/node-api';

/** Columns of the image that the view has under the same names. */
const imageColumns = ['image_id', 'bucket', 'key', 'version', 'etag', 'job', 'status', 'model', 'preprocess'];
const times = ['event_time', 'ingested_at', 'classified_at'];
const boxColumns = ['x', 'y', 'width', 'height'];
const scoreColumns = ['label', 'label_id', 'probability', 'objectness'];

/** Columns of the view `regions`, in order, without `embedding`. Those of the whole image begin with `image_`. */
export const regionViewColumns = [
  ...imageColumns,
  ...['image_width', 'image_height', 'image_label', 'image_label_id', 'image_probability'],
  'region',
  ...boxColumns,
  ...scoreColumns,
  ...times,
];

/** What identifies a region. The box too: another provider may keep another region under the same number. */
export const regionIdentity = ['image_id', 'model', 'preprocess', 'region', ...boxColumns].join(', ');

/**
 * Creates the view `regions` over the view `results`: a row for every region that was kept, of deleted images too.
 * @param source the parts with the embeddings, as `readParquet` gives them: the view then has the column `embedding`, null
 *   for a region whose embedding is not stored
 */
export async function createRegionsView(connection: DuckDBConnection, source: string | undefined): Promise<void> {
  if (source !== undefined) await findSupersededRegions(connection, source);
  const selected = [
    ...imageColumns,
    ...['width', 'height', 'label', 'label_id', 'probability'].map((name) => `entry.${name} as image_${name}`),
    'region',
    ...[...boxColumns, ...scoreColumns].map((name) => `box.${name} as ${name}`),
    ...times,
  ];
  const list = `
    select ${selected.join(', ')} from (
      select *, unnest(regions) as box, generate_subscripts(regions, 1)::integer as region from results
    ) as entry`;
  const embeddings =
    source &&
    `
    select list.*, stored.embedding from (${list}) as list
    left join (${latestRegionsSql(source, `${regionIdentity}, embedding`)}) as stored using (${regionIdentity})`;
  await connection.run(`create view regions as ${embeddings ?? list}`);
}

/**
 * The query for columns of the stored regions, each once: `create-view.ts` decides which of them belong to an image.
 * @param source the parts, see `createRegionsView`
 */
export function latestRegionsSql(source: string, selected: string, condition = 'true'): string {
  return `
    select ${selected} from ${source} anti join superseded_regions using (file_index, file_row_number)
    where ${condition}`;
}

/**
 * All but the latest stored embedding of a region, by file and row number, in the table `superseded_regions`: messages and
 * runs may repeat. Repeated ones are selected by hash first, as in `createView`.
 */
async function findSupersededRegions(connection: DuckDBConnection, source: string): Promise<void> {
  const hash = `hash(${regionIdentity})`;
  await connection.run(`
    create table superseded_regions as
    select file_index, file_row_number from ${source}
    where ${hash} in (select ${hash} as identity from ${source} group by identity having count(*) > 1)
    qualify row_number() over (partition by ${regionIdentity} order by ${latestRegionFirst}) > 1`);
}

export const latestRegionFirst = 'classified_at desc, file_index desc, file_row_number desc';
