import { cloudVisionPrices, instancePrices, rekognitionPrices, sageMakerPrices } from '../shared/deployment/prices.ts';

/** The price, or published speed, of another way to label images. */
export interface Peer {
  readonly name: string;
  /** Undefined without a list price. */
  readonly dollars: number | undefined;
  /** The arithmetic, or what is published instead of a price. */
  readonly how: string;
  readonly source: string;
}

/** Published images per second. */
const published = {
  rayOn16Cores: 694,
  rayOn4Cores: 220,
  /** Slowdown of SageMaker Batch Transform compared with Ray, published by Ray. */
  sageMakerSlowdown: 17,
  clipRetrieval: 1500,
};

const ray = 'https://www.anyscale.com/blog/ray-data-daft-benchmarking-multimodal-ai-workloads';
const rayAndSageMaker =
  'https://www.anyscale.com/blog/offline-batch-inference-comparing-ray-apache-spark-and-sagemaker';

/**
 * List prices of other services for the same images, one crop each. They are not equivalent: the first two use their
 * own models and return no embeddings; the rest is instances only, without requests, storage or start-up.
 */
export function peersOf(images: number): Peer[] {
  const hours = (rate: number) => images / rate / 3600;
  const onL4 = (rate: number, instance: 'g6.xlarge' | 'g6.4xlarge') => ({
    dollars: hours(rate) * instancePrices[instance].hour,
    how: `ResNet-18 at ${rate}/s × $${instancePrices[instance].hour} per hour of ${instance}, instance only`,
    source: ray,
  });
  const sageMakerRate = published.rayOn16Cores / published.sageMakerSlowdown;
  return [
    {
      name: 'Google Cloud Vision, labels',
      dollars: tiered(images, cloudVisionPrices.tiers),
      how: 'first tier $1.50 per thousand',
      source: cloudVisionPrices.source,
    },
    {
      name: 'Amazon Rekognition, DetectLabels',
      dollars: tiered(images, rekognitionPrices.tiers),
      how: 'first tier $1.00 per thousand',
      source: rekognitionPrices.source,
    },
    {
      name: 'SageMaker Batch Transform',
      dollars: hours(sageMakerRate) * sageMakerPrices['ml.g4dn.xlarge'],
      how: `${published.rayOn16Cores} ÷ 17 = ${sageMakerRate.toFixed(0)}/s × $${sageMakerPrices['ml.g4dn.xlarge']} per hour of ml.g4dn.xlarge; ratio published by Ray`,
      source: rayAndSageMaker,
    },
    { name: 'Ray Data, L4 and 4 cores', ...onL4(published.rayOn4Cores, 'g6.xlarge') },
    { name: 'Ray Data, L4 and 16 cores', ...onL4(published.rayOn16Cores, 'g6.4xlarge') },
    {
      name: 'clip-retrieval',
      dollars: undefined,
      how: `${hours(published.clipRetrieval).toFixed(1)} h at ${published.clipRetrieval}/s on your own RTX 3080`,
      source: 'https://github.com/rom1504/clip-retrieval',
    },
  ];
}

/** Cost of images in one month, each at the price of its tier. */
function tiered(count: number, tiers: readonly { readonly after: number; readonly image: number }[]): number {
  return tiers.reduce((sum, { after, image }, index) => {
    const end = tiers[index + 1]?.after ?? Number.POSITIVE_INFINITY;
    return sum + Math.max(0, Math.min(count, end) - after) * image;
  }, 0);
}
