import { textLiteral } from '../../../results/open/sql-text.ts';
import { labelMatchesSql } from '../../../shared/models/label-name.ts';
import { numberSql } from './row-id.ts';

/**
 * Creates the tables that find and count images by what their regions show: `region_labels` numbers the labels, and
 * `image_regions` has a row for each row `n` of the table `images` and each label of its regions, 8 bytes.
 */
export const regionTables = [
  `create table region_labels as
   select row_number() over (order by label, label_id)::integer as region_label, label, label_id from (
     select distinct box.label as label, box.label_id as label_id
     from (select unnest(regions) as box from results where regions is not null)
   )`,
  `create table image_regions as
   select distinct n, region_label from (
     select number, box.label as label, box.label_id as label_id
     from (select ${numberSql} as number, unnest(regions) as box from results where regions is not null)
   ) as found
   join (select number, n from images) as image using (number)
   join region_labels using (label, label_id)
   order by n`,
];

/** Whether a row of the table `images` has a region with a label, as an SQL condition. @param label see `matchesLabel` */
export function hasRegionSql(label: string): string {
  return `n in (
    select n from image_regions
    where region_label in (select region_label from region_labels where ${labelMatchesSql(textLiteral(label))})
  )`;
}
