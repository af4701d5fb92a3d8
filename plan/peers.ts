import { cloudVisionPrices, instancePrices, rekognitionPrices, sageMakerPrices } from '../shared/deployment/prices.ts';

/** What others ask, or have published, for images that are labelled. */
export interface Peer {
  readonly name: string;
  /** For as many images; undefined where there is no list price. */
  readonly dollars: number | undefined;
  /** How the dollars come about, or what is known instead. */
  readonly how: string;
  readonly source: string;
}

/** Images a second that others publish of themselves. */
const published = {
  rayOn16Cores: 694,
  rayOn4Cores: 220,
  /** How much slower SageMaker Batch Transform was than Ray in Ray's own comparison. */
  sageMakerIsSlower: 17,
  clipRetrieval: 1500,
};

const ray = 'https://www.anyscale.com/blog/ray-data-daft-benchmarking-multimodal-ai-workloads';
const rayAndSageMaker =
  'https://www.anyscale.com/blog/offline-batch-inference-comparing-ray-apache-spark-and-sagemaker';

/**
 * Peers' list prices for the same images, one crop each. They are not the same thing: the first two bring models of
 * their own and no embeddings; the others are instances alone, without requests, storage or start-up.
 */
export function peersOf(images: number): Peer[] {
  const hours = (rate: number) => images / rate / 3600;
  const onL4 = (rate: number, instance: 'g6.xlarge' | 'g6.4xlarge') => ({
    dollars: hours(rate) * instancePrices.onDemand[instance],
    how: `ResNet-18 at ${rate}/s × $${instancePrices.onDemand[instance]} an hour of ${instance}, instance alone`,
    source: ray,
  });
  const sageMakerRate = published.rayOn16Cores / published.sageMakerIsSlower;
  return [
    {
      name: 'Google Cloud Vision, labels',
      dollars: tiered(images, cloudVisionPrices.tiers),
      how: 'first tier $1.50 a thousand',
      source: cloudVisionPrices.source,
    },
    {
      name: 'Amazon Rekognition, DetectLabels',
      dollars: tiered(images, rekognitionPrices.tiers),
      how: 'first tier $1.00 a thousand',
      source: rekognitionPrices.source,
    },
    {
      name: 'SageMaker Batch Transform',
      dollars: hours(sageMakerRate) * sageMakerPrices['ml.g4dn.xlarge'],
      how: `${published.rayOn16Cores} ÷ 17 = ${sageMakerRate.toFixed(0)}/s × $${sageMakerPrices['ml.g4dn.xlarge']} an hour of ml.g4dn.xlarge; the ratio is Ray's`,
      source: rayAndSageMaker,
    },
    { name: 'Ray Data, L4 and 4 cores', ...onL4(published.rayOn4Cores, 'g6.xlarge') },
    { name: 'Ray Data, L4 and 16 cores', ...onL4(published.rayOn16Cores, 'g6.4xlarge') },
    {
      name: 'clip-retrieval',
      dollars: undefined,
      how: `${hours(published.clipRetrieval).toFixed(1)} h at ${published.clipRetrieval}/s on an RTX 3080 of one's own`,
      source: 'https://github.com/rom1504/clip-retrieval',
    },
  ];
}

/** What so many of a month cost, each at the price of the tier that it falls into. */
function tiered(count: number, tiers: readonly { readonly after: number; readonly image: number }[]): number {
  return tiers.reduce((sum, { after, image }, index) => {
    const end = tiers[index + 1]?.after ?? Number.POSITIVE_INFINITY;
    return sum + Math.max(0, Math.min(count, end) - after) * image;
  }, 0);
}
