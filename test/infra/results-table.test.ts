import { expect, it } from 'vitest';
import { columnsOf } from '../../infra/results-table.ts';
import { resultSchema } from '../../shared/rows/schema.ts';

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
  });
});
