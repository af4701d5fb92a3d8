import type { ScoredLabel } from '../rows/row.ts';

export interface Label {
  readonly id: string;
  readonly name: string;
}

/**
 * The `k` most probable labels, most probable first; equal labels in the order of `labels`.
 * @param probabilities one per label
 */
export function topK(probabilities: Float32Array, labels: readonly Label[], k: number): ScoredLabel[] {
  const best: ScoredLabel[] = [];
  let index = 0; // an iterator of entries would allocate an array for each of a thousand labels
  for (const { id, name } of labels) {
    const probability = probabilities[index] ?? 0;
    index += 1;
    const worst = best.length < k ? undefined : best.at(-1);
    if (worst !== undefined && probability <= worst.probability) continue;
    const rank = best.findIndex((scored) => scored.probability < probability);
    best.splice(rank < 0 ? best.length : rank, 0, { label_id: id, label: name, probability });
    best.length = Math.min(best.length, k);
  }
  return best;
}
