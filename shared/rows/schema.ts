import {
  type DataType,
  Field,
  Float32,
  Int32,
  Int64,
  List,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';

/** Text, always there. */
const text = (name: string) => new Field(name, new Utf8(), false);
/** Text that may be absent. */
const optionalText = (name: string) => new Field(name, new Utf8(), true);
/** A moment in UTC, to the millisecond: all that a JavaScript date holds. */
const moment = (name: string, nullable: boolean) => new Field(name, new TimestampMillisecond('UTC'), nullable);
const optional = <T extends DataType>(name: string, type: T) => new Field(name, type, true);

/** One entry of `top`. */
export const scoredLabelType = new Struct<{ label_id: Utf8; label: Utf8; probability: Float32 }>([
  new Field('label_id', new Utf8(), false),
  new Field('label', new Utf8(), false),
  new Field('probability', new Float32(), false),
]);

export const topType = new List(new Field('element', scoredLabelType, false));

export const embeddingType = new List(new Field('element', new Float32(), false));

/** The columns of a part of the results, in the order of the files: `ResultRow` as Arrow and Parquet know it. */
export const columns = {
  /** `bucket/key@version`; with `model` and `preprocess` the identity of a result. */
  image_id: text('image_id'),
  bucket: text('bucket'),
  key: text('key'),
  /** Null where the bucket keeps no versions. */
  version: optionalText('version'),
  etag: optionalText('etag'),
  job: text('job'),
  /**
   * In the parts `classified` or `rejected`, or `deleted` for a row that marks others; as read, `deleted` for an image
   * whose object was deleted, with all else that was known of it.
   */
  status: text('status'),
  /** Why an image was rejected, a `FailureReason`; null when classified or a mark, as is `detail`. */
  reason: optionalText('reason'),
  /** The reason in one line for a person. */
  detail: optionalText('detail'),
  /** `name@digest` of the model. */
  model: text('model'),
  /** Digest of the preprocessing. */
  preprocess: text('preprocess'),
  /** Name of the most probable label; this and the next three are null unless the image was classified. */
  label: optionalText('label'),
  label_id: optionalText('label_id'),
  /** Of `label`, 0 to 1; float32, as the network gives it. */
  probability: optional('probability', new Float32()),
  /** The most probable labels, most probable first. */
  top: optional('top', topType),
  /** What feeds the network's last linear layer; null when rejected. */
  embedding: optional('embedding', embeddingType),
  /** Of the upright original, pixels; null when rejected, as `format`. */
  width: optional('width', new Int32()),
  height: optional('height', new Int32()),
  format: optionalText('format'),
  /** Of the original object; null where it was never read. */
  bytes: optional('bytes', new Int64()),
  /** Execution provider that computed the row; null when rejected, as `classified_at`. */
  provider: optionalText('provider'),
  /** Of the event that brought the image, as S3 gives it; null where it came without one. */
  sequencer: optionalText('sequencer'),
  event_time: moment('event_time', false),
  /** When the object was read. A row with labels of another model, that nothing was read for, has that of its source. */
  ingested_at: moment('ingested_at', false),
  classified_at: moment('classified_at', true),
} as const satisfies Record<string, Field>;

export type ColumnName = keyof typeof columns;

export const resultSchema = new Schema<Record<ColumnName, DataType>>(Object.values(columns));
