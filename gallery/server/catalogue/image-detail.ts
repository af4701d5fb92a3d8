import { z } from 'zod';
import { textLiteral } from '../../../results/open/sql-text.ts';
import type { ImageDetail } from '../responses.ts';
import type { Filter } from './filter.ts';
import { itemColumns, itemOf, itemSchema } from './image-rows.ts';
import type { Catalogue } from './open-catalogue.ts';
import { describeReason } from './overview.ts';
import { hasId, hasIds, idColumn } from './row-id.ts';
import { storedRegionsSchema } from './stored-regions.ts';

/** Address of an image in the object store, with what the result records of its bytes. */
export interface ImageAddress {
  readonly imageId: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  /** Null if the object was never read. */
  readonly etag: string | null;
  /** Size; null if the object was never read. */
  readonly bytes: number | null;
}

const addressSchema = z.array(
  z.object({
    id: z.string(),
    image_id: z.string(),
    bucket: z.string(),
    key: z.string(),
    version: z.string().nullable(),
    etag: z.string().nullable(),
    bytes: z.number().nullable(),
  }),
);

const isoTime = z.date().transform((date) => date.toISOString());
const lightSchema = z.array(itemSchema.extend({ model: z.string(), preprocess: z.string() }));
const fullSchema = z.array(
  z.object({
    bucket: z.string(),
    version: z.string().nullable(),
    detail: z.string().nullable(),
    top: z
      .array(z.object({ label_id: z.string(), label: z.string(), probability: z.number() }))
      .nullable()
      .transform((top) => top ?? []),
    regions: storedRegionsSchema,
    width: z.number().nullable(),
    height: z.number().nullable(),
    format: z.string().nullable(),
    bytes: z.number().nullable(),
    provider: z.string().nullable(),
    ingested_at: isoTime,
    classified_at: isoTime.nullable(),
  }),
);
const othersSchema = z.array(
  itemSchema
    .pick({ id: true, status: true, reason: true, label: true, label_id: true, probability: true })
    .extend({ model_name: z.string() }),
);

/** Finds the object of an image. Clients name images by id only, never by path. */
export async function imageAddress(catalogue: Catalogue, id: string): Promise<ImageAddress | undefined> {
  return (await imageAddresses(catalogue, [id])).get(id);
}

/** Finds the objects of images by their ids, without those that are not in the results. */
export async function imageAddresses(catalogue: Catalogue, ids: readonly string[]): Promise<Map<string, ImageAddress>> {
  if (ids.length === 0) return new Map();
  const rows = addressSchema.parse(
    await catalogue.rows(
      `select ${idColumn}, image_id, bucket, key, version, etag, bytes::double as bytes from images where ${hasIds(ids)}`,
    ),
  );
  return new Map(
    rows.map(({ id, image_id: imageId, version, ...rest }) => [
      id,
      { ...rest, imageId, versionId: version ?? undefined },
    ]),
  );
}

/** All fields of an image, and its index among the filtered images. */
export async function imageDetail(catalogue: Catalogue, id: string, filter: Filter): Promise<ImageDetail | undefined> {
  const [light] = lightSchema.parse(
    await catalogue.rows(`select ${itemColumns}, model, preprocess from images where ${hasId(id)} limit 1`),
  );
  if (light === undefined) return undefined;
  const { image_id: imageId, model, preprocess } = light;
  const [full] = fullSchema.parse(
    await catalogue.rows(
      `select bucket, version, detail, top, regions, width, height, format, bytes::double as bytes, provider,
         ingested_at::timestamp as ingested_at, classified_at::timestamp as classified_at
       from results where image_id = ${textLiteral(imageId)} and model = ${textLiteral(model)}
         and preprocess = ${textLiteral(preprocess)} limit 1`,
    ),
  );
  if (full === undefined) return undefined;
  const { ingested_at: ingestedAt, classified_at: classifiedAt, top, ...rest } = full;
  const others = othersSchema.parse(
    await catalogue.rows(
      `select ${idColumn}, model_name, status, reason, label, label_id, probability from images
       where image_id = ${textLiteral(imageId)} and n <> ${light.n} order by done_at desc, n`,
    ),
  );
  const position = (await catalogue.order(filter)).indexOf(light.n);
  return {
    ...itemOf(light),
    ...rest,
    model,
    preprocess,
    others: others.map(({ model_name: modelName, label_id: labelId, ...other }) => ({ ...other, modelName, labelId })),
    top: top.map(({ label_id: labelId, label, probability }) => ({ labelId, label, probability })),
    meaning: light.reason === null ? null : describeReason(light.reason).meaning,
    ingestedAt,
    classifiedAt,
    position: position === -1 ? null : position,
  };
}
