import {
  Field,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import { Compression, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { int64Data, textData, timestampData } from '../rows/arrow-data.ts';
import { listMetadata, metadataKey } from '../rows/file-metadata.ts';

/** An image submitted to a job: a row of the job's lists. */
export interface ListedImage {
  readonly job: string;
  readonly bucket: string;
  readonly key: string;
  /** Null if the listing has no versions. */
  readonly version: string | null;
  readonly etag: string;
  /** Of the object. */
  readonly bytes: number;
  /** `name@digest` of the job's model, see `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
  readonly submitted_at: Date;
}

const text = (name: string) => new Field(name, new Utf8(), false);

/** The columns of a list, in the order of the file. */
const columns = {
  job: text('job'),
  bucket: text('bucket'),
  key: text('key'),
  version: new Field('version', new Utf8(), true),
  etag: text('etag'),
  bytes: new Field('bytes', new Int64(), false),
  model: text('model'),
  preprocess: text('preprocess'),
  submitted_at: new Field('submitted_at', new TimestampMillisecond('UTC'), false),
} as const satisfies Record<keyof ListedImage, Field>;

const listSchema = new Schema(Object.values(columns));

/** Encodes a list of images as a Parquet file; an empty list gives the schema alone. */
export function encodeListedImages(rows: readonly ListedImage[]): Uint8Array {
  const children = [
    textData(rows.map(({ job }) => job)),
    textData(rows.map(({ bucket }) => bucket)),
    textData(rows.map(({ key }) => key)),
    textData(rows.map(({ version }) => version)),
    textData(rows.map(({ etag }) => etag)),
    int64Data(rows.map(({ bytes }) => bytes)),
    textData(rows.map(({ model }) => model)),
    textData(rows.map(({ preprocess }) => preprocess)),
    timestampData(rows.map(({ submitted_at }) => submitted_at)),
  ];
  const struct = makeData({ type: new Struct(listSchema.fields), length: rows.length, nullCount: 0, children });
  const stream = tableToIPC(new Table([new RecordBatch(listSchema, struct)]), 'stream');
  const properties = new WriterPropertiesBuilder()
    .setKeyValueMetadata(new Map([[metadataKey, listMetadata]]))
    .setCompression(Compression.SNAPPY)
    .build();
  return writeParquet(WasmTable.fromIPCStream(stream), properties);
}
