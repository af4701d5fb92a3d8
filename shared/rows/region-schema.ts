import { type DataType, Field, Int32, Schema, TimestampMillisecond, Utf8 } from 'apache-arrow';
import { embeddingType } from './schema.ts';

const text = (name: string) => new Field(name, new Utf8(), false);
const integer = (name: string) => new Field(name, new Int32(), false);

/**
 * The columns of a part with the embeddings of regions, in file order. The image, the other columns of the region and
 * whether it is still valid are in the row of the image: join by `image_id`, `model`, `preprocess`, `region` and the box.
 */
export const regionColumns = {
  image_id: text('image_id'),
  model: text('model'),
  preprocess: text('preprocess'),
  /** Number in the list `regions` of the row, from 1. */
  region: integer('region'),
  /** Pixels of the upright original, as the next three. */
  x: integer('x'),
  y: integer('y'),
  width: integer('width'),
  height: integer('height'),
  label_id: text('label_id'),
  label: text('label'),
  /** Of the row. Of several rows with the same region the latest counts. */
  classified_at: new Field('classified_at', new TimestampMillisecond('UTC'), false),
  /** The input of the network's last linear layer for the crop of the region. */
  embedding: new Field('embedding', embeddingType, false),
} as const satisfies Record<string, Field>;

export type RegionColumnName = keyof typeof regionColumns;

export const regionSchema = new Schema<Record<RegionColumnName, DataType>>(Object.values(regionColumns));
