import type { DuckDBDataChunk } from '@duckdb/node-api';
import { z } from 'zod';
import { type FailureReason, failureReasons } from '../../shared/failures/failure.ts';
import { topK } from '../../shared/inference/top-k.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ClassifiedRow, RejectedRow } from '../../shared/rows/row.ts';
import { listColumn } from '../open/chunk-floats.ts';

/** What makes rows of embeddings. */
export interface LabelRows {
  readonly model: Model;
  readonly head: {
    readonly provider: string;
    probabilities(embeddings: Float32Array): Promise<Float32Array>;
  };
  readonly now: () => Date;
}

/** What a row says of an image whatever a model makes of it. */
const originColumns = [
  ...['image_id', 'bucket', 'key', 'version', 'etag', 'job', 'sequencer'],
  ...['bytes::double', 'epoch_ms(event_time)::double', 'epoch_ms(ingested_at)::double'],
];
const places = originColumns.length;
const topLabels = 5;

/** Classified rows with the labels of another model. */
export const relabelledRows = {
  columns: [...originColumns, 'width', 'height', 'format', 'embedding'].join(', '),
  async of(chunk: DuckDBDataChunk, { model, head, now }: LabelRows): Promise<ClassifiedRow[]> {
    const { labels, outputs } = model.manifest;
    const size = outputs.embeddingSize;
    const embeddings = listColumn(chunk, places + 3, size);
    const probabilities = await head.probabilities(embeddings);
    const [widths, heights, formats] = [places, places + 1, places + 2].map((at) => chunk.getColumnValues(at));
    const classifiedAt = now();
    return originsOf(chunk, model).map((origin, row) => {
      const top = topK(probabilities.subarray(row * labels.length, (row + 1) * labels.length), labels, topLabels);
      const [best] = top;
      if (best === undefined) throw new Error('expected a label for every embedding');
      return {
        ...origin,
        status: 'classified',
        reason: null,
        detail: null,
        label: best.label,
        label_id: best.label_id,
        probability: best.probability,
        top,
        embedding: embeddings.subarray(row * size, (row + 1) * size),
        width: number(widths?.[row]),
        height: number(heights?.[row]),
        format: text(formats?.[row]),
        provider: head.provider,
        classified_at: classifiedAt,
      };
    });
  },
};

/** Rejected rows as those of another model. */
export const rejectedCopies = {
  columns: [...originColumns, 'reason', 'detail'].join(', '),
  of(chunk: DuckDBDataChunk, model: Model): RejectedRow[] {
    const [reasons, details] = [places, places + 1].map((at) => chunk.getColumnValues(at));
    return originsOf(chunk, model).map((origin, row) => ({
      ...origin,
      status: 'rejected',
      reason: reasonSchema.parse(reasons?.[row]),
      detail: text(details?.[row]),
    }));
  },
};

const reasonSchema = z
  .string()
  .refine((reason): reason is FailureReason => reason in failureReasons, 'must be a reason for a failure');

function originsOf(chunk: DuckDBDataChunk, { id, preprocess }: Model) {
  const columns = originColumns.map((_, column) => chunk.getColumnValues(column));
  return Array.from({ length: chunk.rowCount }, (_, row) => {
    const at = (column: number): unknown => columns[column]?.[row] ?? null;
    return {
      image_id: text(at(0)),
      bucket: text(at(1)),
      key: text(at(2)),
      version: optional(at(3), text),
      etag: optional(at(4), text),
      job: text(at(5)),
      model: id,
      preprocess,
      bytes: optional(at(7), number),
      sequencer: optional(at(6), text),
      event_time: new Date(number(at(8))),
      ingested_at: new Date(number(at(9))),
    };
  });
}

// A million values pass here: a schema for each would take as long as all the rest.
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(`expected text in a row, got ${String(value)}`);
}

function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Error(`expected a number in a row, got ${String(value)}`);
}

function optional<T>(value: unknown, parse: (value: unknown) => T): T | null {
  return value === null ? null : parse(value);
}
