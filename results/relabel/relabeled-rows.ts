import type { DuckDBDataChunk } from '@duckdb/node-api';
import { z } from 'zod';
import { type FailureReason, failureReasons } from '../../shared/failures/failure.ts';
import { labelColumns } from '../../shared/inference/label-columns.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ClassifiedRow, RejectedRow } from '../../shared/rows/row.ts';
import { listColumn } from '../open/chunk-floats.ts';

/** Computes rows from embeddings. */
export interface LabelRows {
  readonly model: Model;
  readonly head: {
    readonly provider: string;
    /** Of embeddings, [rows, embedding size]: [rows, labels]. */
    probabilities(embeddings: Float32Array): Promise<Float32Array>;
  };
  readonly now: () => Date;
}

/** Columns that do not depend on the model. */
const originColumns = [
  ...['image_id', 'bucket', 'key', 'version', 'etag', 'job', 'sequencer'],
  ...['bytes::double', 'epoch_ms(event_time)::double', 'epoch_ms(ingested_at)::double'],
];
const originCount = originColumns.length;

/** Classified rows, labeled by another model. */
export const relabeledRows = {
  columns: [...originColumns, 'width', 'height', 'format', 'embedding'].join(', '),
  async of(chunk: DuckDBDataChunk, { model, head, now }: LabelRows): Promise<ClassifiedRow[]> {
    const { labels, outputs } = model.manifest;
    const size = outputs.embeddingSize;
    const embeddings = listColumn(chunk, originCount + 3, size);
    const probabilities = await head.probabilities(embeddings);
    const [widths, heights, formats] = [0, 1, 2].map((column) => chunk.getColumnValues(originCount + column));
    const classifiedAt = now();
    return originsOf(chunk, model).map((origin, row) => {
      const scores = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
      return {
        ...origin,
        status: 'classified',
        reason: null,
        detail: null,
        ...labelColumns(scores, labels),
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

/** Rejected rows, copied for another model. */
export const rejectedCopies = {
  columns: [...originColumns, 'reason', 'detail'].join(', '),
  of(chunk: DuckDBDataChunk, model: Model): RejectedRow[] {
    const [reasons, details] = [0, 1].map((column) => chunk.getColumnValues(originCount + column));
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
  .refine((reason): reason is FailureReason => reason in failureReasons, 'must be a failure reason');

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

// Not a schema: for millions of values that would double the time.
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(`expected text in a row but received ${String(value)}`);
}

function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Error(`expected a number in a row but received ${String(value)}`);
}

function optional<T>(value: unknown, parse: (value: unknown) => T): T | null {
  return value === null ? null : parse(value);
}
