/** Tells regions that show an object from those that show background, by the network's probabilities. */
export interface BackgroundRule {
  /**
   * @param probabilities of the region, one per label
   * @param label index of the most probable one
   */
  isObject(probabilities: Float32Array, label: number): boolean;
}

/** Id of the label for background; a network with it is a detector. */
export const backgroundLabel = 'background';

/** A region without a label of at least this probability shows nothing that the network knows well enough. */
const minProbability = 0.5;
/**
 * For networks without a label for background, which have to give each region one of their labels.
 * Their entropy is low, as a share of that of no information, where the network is sure.
 */
const maxEntropyShare = 0.3;
const minShareOfWhole = 0.5;

/** @param whole probabilities of the whole image */
export function backgroundRule(labels: readonly { readonly id: string }[], whole: Float32Array): BackgroundRule {
  const background = labels.findIndex(({ id }) => id === backgroundLabel);
  if (background >= 0) {
    return {
      isObject: (probabilities, label) => label !== background && (probabilities[label] ?? 0) >= minProbability,
    };
  }
  const maxEntropy = maxEntropyShare * Math.log(labels.length);
  return {
    isObject(probabilities, label) {
      const probability = probabilities[label] ?? 0;
      if (probability < minProbability) return false;
      if (probability < minShareOfWhole * (whole[label] ?? 0)) return false;
      return entropyOf(probabilities) <= maxEntropy;
    },
  };
}

/** Index of the largest probability; the first of equal ones. */
export function mostProbable(probabilities: Float32Array): number {
  let best = 0;
  for (let index = 1; index < probabilities.length; index += 1) {
    if ((probabilities[index] ?? 0) > (probabilities[best] ?? 0)) best = index;
  }
  return best;
}

/** Of a distribution, in nats: 0 for certainty, the logarithm of the number of labels for no information. */
function entropyOf(probabilities: Float32Array): number {
  let entropy = 0;
  for (const probability of probabilities) if (probability > 0) entropy -= probability * Math.log(probability);
  return entropy;
}
