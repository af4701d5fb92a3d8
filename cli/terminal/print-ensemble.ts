import type { EnsembleResult } from '../../model/ensemble/ensemble-model.ts';
import { modelId } from '../../shared/models/model-manifest.ts';
import { countOf } from './count-of.ts';

/** Prints an ensemble that was written. */
export function printEnsemble({
  manifest,
  directory,
  members,
  refitted,
  sharedLayers,
  maxDifference,
  embeddingDifference,
}: EnsembleResult): void {
  const { labels, outputs } = manifest;
  const within = maxDifference.toExponential(1);
  const embeddings = embeddingDifference === 0 ? 'equal to' : `within ${embeddingDifference.toExponential(1)} of`;
  console.log(`${modelId(manifest)} in ${directory}: mean of ${members.join(', ')}`);
  console.log(
    `${countOf(labels.length, 'label')}, embedding size ${outputs.embeddingSize}; ` +
      `probabilities within ${within} of the members' mean, embedding ${embeddings} theirs`,
  );
  if (refitted.length > 0) console.log(`cut out or resized in the network: the images of ${refitted.join(', ')}`);
  if (sharedLayers > 0)
    console.log(`computed once for several members: ${countOf(sharedLayers, 'layer')} with weights`);
}

export function ensembleJson({ manifest, directory, members, ...rest }: EnsembleResult): object {
  const { labels, outputs } = manifest;
  return {
    ...{ model: modelId(manifest), directory, members, labels: labels.length },
    ...{ embeddingSize: outputs.embeddingSize, ...rest },
  };
}
