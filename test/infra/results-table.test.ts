import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { columnsOf } from '../../infra/results-table.ts';
import { regionSchema } from '../../shared/rows/region-schema.ts';
import { resultSchema } from '../../shared/rows/schema.ts';
import { repository } from '../support/cli.ts';
import { classifiedRow, storedRegion } from '../support/result-rows.ts';
import { query, storeOf } from '../support/stores.ts';
import { resources, synthesize } from './synthesize.ts';

it('the Athena table has every column of the parts, with its Hive type', () => {
  const columns = columnsOf(resultSchema);
  expect(columns.map(({ name }) => name)).toEqual(resultSchema.names);
  expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toMatchObject({
    image_id: 'string',
    probability: 'float',
    top: 'array<struct<label_id:string,label:string,probability:float>>',
    embedding: 'array<float>',
    width: 'int',
    bytes: 'bigint',
    event_time: 'timestamp',
    regions:
      'array<struct<x:int,y:int,width:int,height:int,label_id:string,label:string,probability:float,objectness:float>>',
    proposals: 'int',
  });
});

it('has a table for rows and one for the embeddings of regions, each in its folder of days', () => {
  const shapes = resources(synthesize(), 'AWS::Glue::Table').map(({ Properties }) => {
    const { Name, Parameters, StorageDescriptor } = JSON.parse(JSON.stringify(Properties)).TableInput;
    return {
      name: Name,
      folder: Parameters['storage.location.template']['Fn::Join'][1].at(-1),
      columns: StorageDescriptor.Columns.map((column: { Name: string }) => column.Name),
    };
  });
  expect(shapes.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'parts', folder: `/results/date=\${date}/`, columns: resultSchema.names },
    { name: 'region_parts', folder: `/regions/date=\${date}/`, columns: regionSchema.names },
  ]);
});

it('gives the latest embedding of each region with the documented query', async () => {
  const page = await readFile(join(repository, 'docs/deploy.md'), 'utf8');
  const documented =
    /```sql\n(select [^`]* from region_parts[^`]*)```/.exec(page.replace('\nfrom', ' from'))?.[1] ?? '';
  const region = (x: number, value: number) => storedRegion({ x, embedding: Float32Array.of(value) });
  const row = (hour: number, value: number) =>
    classifiedRow('a.jpg', {
      regions: [region(1, value), region(2, value + 1), storedRegion({ label: 'cat' })],
      classified_at: new Date(Date.UTC(2026, 2, 1, hour)),
    });
  const store = await storeOf([row(12, 5)], [row(11, 7)]);
  const parts = `read_parquet('${store}/regions/*/*.parquet', hive_partitioning = true, hive_types = {date: varchar})`;
  const columns = 'image_id, region, x, label, embedding';
  const sql = `with region_parts as (from ${parts}) select ${columns} from (${documented}) order by region`;
  expect(await query(store, sql)).toEqual([
    ['drop/a.jpg@e1', 1, 1, 'tench', [5]],
    ['drop/a.jpg@e1', 2, 2, 'tench', [6]],
  ]);
});
