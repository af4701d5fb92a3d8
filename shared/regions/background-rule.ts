/** Tells regions that show an object from background, by the network's probabilities. */
export interface BackgroundRule {
  /**
   * @param probabilities of the region, one per label
   * @param label index of the most probable one
   */
  isObject(probabilities: Float32Array, label: number): boolean;
}

/** The labels of a network, and which of them is the background if it is a detector; see `ModelManifest`. */
export interface RegionLabels {
  readonly labels: readonly { readonly id: string; readonly name: string }[];
  readonly backgroundLabel?: string | undefined;
}

/** A detector's regions have a label of at least this probability, and it is not background. */
export const detectorProbability = 0.5;

// The rules for other networks, which have to give each region one of their labels. docs/decisions/0035 has the measurements.
/** Of a label that the whole image supports, the least probability. */
const minProbability = 0.3;
/** The whole image supports the labels that have at least this probability for it: few fragments get such a label by chance. */
const minSupport = 0.01;
/** Of any other label: an object that is small in the image, which the network knows well. */
const minUnsupported = 0.9;
/** The most entropy of a region, as a share of the entropy of no information: with few labels, chance gives high probabilities. */
const maxEntropyShare = 0.5;

/** @param whole probabilities of the whole image */
export function backgroundRule({ labels, backgroundLabel }: RegionLabels, whole: Float32Array): BackgroundRule {
  if (backgroundLabel !== undefined) {
    const background = labels.findIndex(({ id }) => id === backgroundLabel);
    return {
      isObject: (probabilities, label) => label !== background && (probabilities[label] ?? 0) >= detectorProbability,
    };
  }
  const maxEntropy = maxEntropyShare * Math.log(labels.length);
  return {
    isObject(probabilities, label) {
      const isSupported = (whole[label] ?? 0) >= minSupport;
      const least = isSupported ? minProbability : minUnsupported;
      return (probabilities[label] ?? 0) >= least && entropyOf(probabilities) <= maxEntropy;
    },
  };
}

/** Index of the largest probability; the first of equal ones. */
export function indexOfBest(probabilities: Float32Array): number {
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
