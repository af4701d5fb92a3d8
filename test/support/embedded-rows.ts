import type { ClassifiedRow } from '../../shared/rows/row.ts';
import { classifiedRow } from './result-rows.ts';

/** A pseudo-random number from 0 to 1 for each integer. */
function scattered(number: number): number {
  return (Math.sin(number * 12.9898) * 43758.5453) % 1;
}

/** An embedding of 16 numbers that is different for every number. */
export function embeddingFor(number: number): Float32Array {
  return Float32Array.from({ length: 16 }, (_, index) => scattered(number * 16 + index + 1));
}

/** Rows of images `0.jpg`, `1.jpg`, ... with the embeddings of their numbers. */
export function embeddedRows(from: number, to: number, changes: Partial<ClassifiedRow> = {}): ClassifiedRow[] {
  return Array.from({ length: to - from }, (_, index) =>
    classifiedRow(`${from + index}.jpg`, { embedding: embeddingFor(from + index), ...changes }),
  );
}

/** The expected answer of `nearest`, computed directly. */
export function nearestRows(rows: readonly ClassifiedRow[], embedding: Float32Array, limit: number) {
  return rows
    .map((row) => ({ image_id: row.image_id, similarity: cosineOf(row.embedding, embedding) }))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, limit);
}

export function cosineOf(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
