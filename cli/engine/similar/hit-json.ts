import { FLOAT } from '@duckdb/node-api';
import { toJson } from '../../../results/export/json-value.ts';
import type { DescribedHit } from '../../../results/similar/describe-hits.ts';

/** A hit for machines: its numbers, which are float32, in the fewest digits that tell them from others. */
export function hitJson({ similarity, probability, ...hit }: DescribedHit): object {
  return { ...hit, probability: toJson(probability, FLOAT), similarity: toJson(Math.fround(similarity), FLOAT) };
}
