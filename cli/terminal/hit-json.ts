import { FLOAT } from '@duckdb/node-api';
import { toJson } from '../../results/export/json-value.ts';
import type { RegionHit } from '../../results/similar/regions/nearest-regions.ts';
import type { DescribedHit } from '../../results/similar/search/similarity.ts';

/** A hit for JSON output; float32 numbers get the fewest digits that identify them. */
export function hitJson({ similarity, probability, ...hit }: DescribedHit | RegionHit): object {
  return { ...hit, probability: toJson(probability, FLOAT), similarity: toJson(Math.fround(similarity), FLOAT) };
}
