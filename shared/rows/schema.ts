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

/** Required text. */
const text = (name: string) => new Field(name, new Utf8(), false);
const optionalText = (name: string) => new Field(name, new Utf8(), true);
/** UTC in milliseconds, the resolution of a JavaScript date. */
const timestamp = (name: string, nullable: boolean) => new Field(name, new TimestampMillisecond('UTC'), nullable);
const optional = <T extends DataType>(name: string, type: T) => new Field(name, type, true);

/** One entry of `top`. */
export const scoredLabelType = new Struct<{ label_id: Utf8; label: Utf8; probability: Float32 }>([
  new Field('label_id', new Utf8(), false),
  new Field('label', new Utf8(), false),
  new Field('probability', new Float32(), false),
]);

export const topType = new List(new Field('element', scoredLabelType, false));

/** One entry of `regions`. */
export const regionType = new Struct<{
  x: Int32;
  y: Int32;
  width: Int32;
  height: Int32;
  label_id: Utf8;
  label: Utf8;
  probability: Float32;
  objectness: Float32;
}>([
  ...(['x', 'y', 'width', 'height'] as const).map((name) => new Field(name, new Int32(), false)),
  ...(['label_id', 'label'] as const).map((name) => new Field(name, new Utf8(), false)),
  ...(['probability', 'objectness'] as const).map((name) => new Field(name, new Float32(), false)),
]);

export const regionsType = new List(new Field('element', regionType, false));

export const embeddingType = new List(new Field('element', new Float32(), false));

/** The columns of a part, in file order: the Arrow types of `ResultRow`. */
export const columns = {
  /** `bucket/key@version`; with `model` and `preprocess` the identity of a result. */
  image_id: text('image_id'),
  bucket: text('bucket'),
  key: text('key'),
  /** Null in buckets without versions. */
  version: optionalText('version'),
  etag: optionalText('etag'),
  job: text('job'),
  /**
   * In parts `classified`, `rejected`, or `deleted` for a row that marks others. In the views `deleted` for an image whose
   * object was deleted, with all its other columns.
   */
  status: text('status'),
  /** A `FailureReason`; null unless rejected, as `detail`. */
  reason: optionalText('reason'),
  /** The reason in one line. */
  detail: optionalText('detail'),
  /** `name@digest` of the model. */
  model: text('model'),
  /** Digest of the preprocessing. */
  preprocess: text('preprocess'),
  /** Name of the most probable label; null unless classified, as the next three. */
  label: optionalText('label'),
  label_id: optionalText('label_id'),
  /** Of `label`, 0 to 1. */
  probability: optional('probability', new Float32()),
  /** The most probable labels, most probable first. */
  top: optional('top', topType),
  /** The input of the network's last linear layer; null unless classified. */
  embedding: optional('embedding', embeddingType),
  /** Of the upright original, pixels; null unless classified, as `format`. */
  width: optional('width', new Int32()),
  height: optional('height', new Int32()),
  format: optionalText('format'),
  /** Of the original object; null if it was never read. */
  bytes: optional('bytes', new Int64()),
  /** Execution provider that ran the network; null unless classified, as `classified_at`. */
  provider: optionalText('provider'),
  /** S3's sequencer of the event; null for images without one. */
  sequencer: optionalText('sequencer'),
  event_time: timestamp('event_time', false),
  /** When the object was read. A relabeled row, for which nothing was read, has the time of its source. */
  ingested_at: timestamp('ingested_at', false),
  classified_at: timestamp('classified_at', true),
  /**
   * The regions of the image that were kept, see `LabeledRegion`; null if it was classified without regions. A part whose
   * rows are all null lacks the column, as parts of earlier versions do.
   */
  regions: optional('regions', regionsType),
  /** Regions that were proposed and given to the network, kept or not. Null and absent as `regions` is. */
  proposals: optional('proposals', new Int32()),
} as const satisfies Record<string, Field>;

export type ColumnName = keyof typeof columns;

export const resultSchema = new Schema<Record<ColumnName, DataType>>(Object.values(columns));

/** The columns that a part has only if one of its images was classified with regions. */
export const columnsOfRegions: ReadonlySet<string> = new Set([columns.regions.name, columns.proposals.name]);

/** The columns of a part without regions. */
export const regionlessSchema = new Schema<Record<ColumnName, DataType>>(
  Object.values(columns).filter(({ name }) => !columnsOfRegions.has(name)),
);
