import type { Data } from 'apache-arrow';
import { embeddingData, int32Data, textData, timestampData } from './arrow-data.ts';
import { encodeTable } from './encode-table.ts';
import { regionPartMetadata } from './file-metadata.ts';
import { type RegionColumnName, regionSchema } from './region-schema.ts';
import type { ResultRow, StoredRegion } from './row.ts';

/** The embedding of one region, with what it is joined by. */
export interface RegionRow extends StoredRegion {
  readonly image_id: string;
  readonly model: string;
  readonly preprocess: string;
  /** Number in the list of the row, from 1. */
  readonly region: number;
  readonly classified_at: Date;
}

/** The regions of rows, in their order. */
export function regionRowsOf(rows: readonly ResultRow[]): RegionRow[] {
  return rows.flatMap((row) => {
    if (row.status !== 'classified') return [];
    const { image_id, model, preprocess, classified_at, regions = [] } = row;
    return regions.map((region, index) => ({
      ...region,
      ...{ image_id, model, preprocess, classified_at },
      region: index + 1,
    }));
  });
}

/** Encodes rows as a Parquet file with the columns of `region-schema.ts`. */
export function encodeRegionRows(rows: readonly RegionRow[]): Uint8Array {
  const data: Record<RegionColumnName, Data> = {
    image_id: textData(rows.map((row) => row.image_id)),
    model: textData(rows.map((row) => row.model)),
    preprocess: textData(rows.map((row) => row.preprocess)),
    region: int32Data(rows.map((row) => row.region)),
    x: int32Data(rows.map((row) => row.x)),
    y: int32Data(rows.map((row) => row.y)),
    width: int32Data(rows.map((row) => row.width)),
    height: int32Data(rows.map((row) => row.height)),
    label_id: textData(rows.map((row) => row.label_id)),
    label: textData(rows.map((row) => row.label)),
    classified_at: timestampData(rows.map((row) => row.classified_at)),
    embedding: embeddingData(rows.map((row) => row.embedding)),
  };
  return encodeTable(regionSchema, data, { rows: rows.length, metadata: regionPartMetadata });
}
