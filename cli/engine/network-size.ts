import type { NetworkSize } from '../../jobs/cost/workload.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';

/** What the cost of a job depends on, of a model. */
export function sizeOf({ input, outputs }: ModelManifest): NetworkSize {
  const [height, width] = input.shape;
  return { height, width, embeddingSize: outputs.embeddingSize };
}
