import { type Data, makeData } from 'apache-arrow';
import type { LabeledRegion } from '../regions/region.ts';
import { embeddingData, float32Data, int32Data, int64Data, listData, textData, timestampData } from './arrow-data.ts';
import { encodeTable } from './encode-table.ts';
import { partMetadata } from './file-metadata.ts';
import type { ResultRow, ScoredLabel } from './row.ts';
import {
  type ColumnName,
  regionlessSchema,
  regionsType,
  regionType,
  resultSchema,
  scoredLabelType,
  topType,
} from './schema.ts';

/**
 * Encodes rows as a Parquet file with the columns of `schema.ts`; without those of regions if no row has any. No rows give the
 * schema alone.
 */
export function encodeRows(rows: readonly ResultRow[]): Uint8Array {
  const hasRegions = rows.some((row) => row.status === 'classified' && row.regions !== undefined);
  return encode(rows, hasRegions);
}

/** A Parquet file without rows that has every column. */
export function encodeEmptyPart(): Uint8Array {
  return encode([], true);
}

function encode(rows: readonly ResultRow[], hasRegions: boolean): Uint8Array {
  const classified = rows.map((row) => (row.status === 'classified' ? row : null));
  const data: Record<ColumnName, Data> = {
    image_id: textData(rows.map((row) => row.image_id)),
    bucket: textData(rows.map((row) => row.bucket)),
    key: textData(rows.map((row) => row.key)),
    version: textData(rows.map((row) => row.version)),
    etag: textData(rows.map((row) => row.etag)),
    job: textData(rows.map((row) => row.job)),
    status: textData(rows.map((row) => row.status)),
    reason: textData(rows.map((row) => row.reason)),
    detail: textData(rows.map((row) => row.detail)),
    model: textData(rows.map((row) => row.model)),
    preprocess: textData(rows.map((row) => row.preprocess)),
    label: textData(classified.map((row) => row?.label ?? null)),
    label_id: textData(classified.map((row) => row?.label_id ?? null)),
    probability: float32Data(classified.map((row) => row?.probability ?? null)),
    top: listData(
      topType,
      classified.map((row) => row?.top ?? null),
      topEntries,
    ),
    embedding: embeddingData(classified.map((row) => row?.embedding ?? null)),
    width: int32Data(classified.map((row) => row?.width ?? null)),
    height: int32Data(classified.map((row) => row?.height ?? null)),
    format: textData(classified.map((row) => row?.format ?? null)),
    bytes: int64Data(rows.map((row) => row.bytes)),
    provider: textData(classified.map((row) => row?.provider ?? null)),
    sequencer: textData(rows.map((row) => row.sequencer)),
    event_time: timestampData(rows.map((row) => row.event_time)),
    ingested_at: timestampData(rows.map((row) => row.ingested_at)),
    classified_at: timestampData(classified.map((row) => row?.classified_at ?? null)),
    regions: listData(
      regionsType,
      classified.map((row) => row?.regions ?? null),
      regionEntries,
    ),
    proposals: int32Data(classified.map((row) => row?.proposals ?? null)),
  };
  const schema = hasRegions ? resultSchema : regionlessSchema;
  return encodeTable(schema, data, { rows: rows.length, metadata: partMetadata({ hasRegions }) });
}

function topEntries(entries: readonly ScoredLabel[]): Data {
  return makeData({
    type: scoredLabelType,
    length: entries.length,
    nullCount: 0,
    children: [
      textData(entries.map((entry) => entry.label_id)),
      textData(entries.map((entry) => entry.label)),
      float32Data(entries.map((entry) => entry.probability)),
    ],
  });
}

function regionEntries(entries: readonly LabeledRegion[]): Data {
  return makeData({
    type: regionType,
    length: entries.length,
    nullCount: 0,
    children: [
      int32Data(entries.map((region) => region.x)),
      int32Data(entries.map((region) => region.y)),
      int32Data(entries.map((region) => region.width)),
      int32Data(entries.map((region) => region.height)),
      textData(entries.map((region) => region.label_id)),
      textData(entries.map((region) => region.label)),
      float32Data(entries.map((region) => region.probability)),
      float32Data(entries.map((region) => region.objectness)),
    ],
  });
}
