import { Field, Int32, makeData, RecordBatch, Schema, Struct, Table, tableToIPC, Utf8 } from 'apache-arrow';
import { Compression, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { z } from 'zod';
import { textData } from '../../../shared/rows/arrow-data.ts';
import { readParquet } from '../../open/sql-text.ts';

const schema = new Schema([new Field('ordinal', new Int32(), false), new Field('image_id', new Utf8(), false)]);

/** Small, so that reading a few ids skips most groups by their range of ordinals. */
const rowsPerGroup = 4096;

/** Encodes ids as a Parquet file; the ordinal of an id is its index. */
export function encodeImageIds(imageIds: readonly string[]): Uint8Array {
  const ordinals = Int32Array.from(imageIds, (_, ordinal) => ordinal);
  const struct = makeData({
    type: new Struct(schema.fields),
    length: imageIds.length,
    nullCount: 0,
    children: [
      makeData({ type: new Int32(), length: ordinals.length, nullCount: 0, data: ordinals }),
      textData(imageIds),
    ],
  });
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setMaxRowGroupSize(rowsPerGroup)
    .build();
  const stream = tableToIPC(new Table([new RecordBatch(schema, struct)]), 'stream');
  return writeParquet(WasmTable.fromIPCStream(stream), properties);
}

/** The rows of `imageIdsSql`. */
export const imageIdsSchema = z.array(z.object({ shard: z.number(), ordinal: z.number(), image_id: z.string() }));

/**
 * The query for `shard`, `ordinal` and `image_id` in files of ids; `shard` is the index of the file.
 * @param files with the ordinals to select, by default all
 */
export function imageIdsSql(
  files: readonly { readonly path: string; readonly ordinals?: readonly number[] }[],
): string {
  if (files.length === 0) return `select 0 as shard, 0 as ordinal, '' as image_id where false`;
  return files
    .map(({ path, ordinals }, shard) => {
      const condition = ordinals === undefined ? '' : ` where ordinal in (${ordinals.join(', ')})`;
      return `select ${shard} as shard, ordinal, image_id from ${readParquet([path])}${condition}`;
    })
    .join(' union all ');
}
