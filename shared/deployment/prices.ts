/**
 * All prices of this project, in dollars: list prices of the given day, first tier, without the free tier. Nothing is
 * fetched when a command runs, so check the source before you rely on a price. AWS prices are for us-east-1. Transfer
 * between AWS services within a region is free.
 */
interface PriceList {
  /** The provider's page, or a public catalog where that was not available. */
  readonly source: string;
  /** The day of the prices. */
  readonly asOf: string;
  readonly [name: string]: unknown;
}

/** The day of all prices. */
export const asOf = '2026-11-25';

/** Hours per month that AWS uses to convert prices. */
export const hoursPerMonth = 730;

export const region = 'us-east-1';

export const sqsPrices = {
  source: 'https://aws.amazon.com/sqs/pricing/',
  asOf,
  /** Standard queue; one request per 64 KiB of payload. */
  request: 0.4e-6,
} as const satisfies PriceList;

/** S3 Standard. */
export const s3Prices = {
  source: 'https://aws.amazon.com/s3/pricing/',
  asOf,
  put: 5e-6,
  get: 0.4e-6,
  list: 5e-6,
  gibMonth: 0.023,
} as const satisfies PriceList;

/** On arm64. */
export const lambdaPrices = {
  source: 'https://aws.amazon.com/lambda/pricing/',
  asOf,
  request: 0.2e-6,
  /** Per GiB of memory and second. */
  gbSecond: 13.3334e-6,
} as const satisfies PriceList;

const onDemandPage = { source: 'https://aws.amazon.com/ec2/pricing/on-demand/', asOf };

/** Where AWS's own page was not available: a public catalog of cloud prices, at the commit that was read. */
const catalog = {
  source: 'https://github.com/skypilot-org/skypilot-catalog/blob/e385a0d3/catalogs/v8/aws/vms.csv',
  asOf,
};

/** Per hour, on Linux: types with one GPU, and types of AMD processors. Each price has its own source. */
export const instancePrices = {
  'g4dn.xlarge': { ...onDemandPage, hour: 0.526 },
  'g5.xlarge': { ...onDemandPage, hour: 1.006 },
  'g6.xlarge': { ...onDemandPage, hour: 0.8048 },
  'g6.4xlarge': { ...onDemandPage, hour: 1.3232 },
  'c7a.xlarge': { ...catalog, hour: 0.20528 },
  'c7a.4xlarge': { ...catalog, hour: 0.82112 },
} as const satisfies Readonly<Record<string, PriceList>>;

/**
 * Typical Spot prices per hour. There is no list price: it varies by hour and zone. Medians over the zones of us-east-1 in
 * the catalog; Amazon's page shows the current price.
 */
export const spotPrices = {
  source: catalog.source,
  current: 'https://aws.amazon.com/ec2/spot/pricing/',
  asOf,
  hour: {
    'g4dn.xlarge': 0.21,
    'g5.xlarge': 0.49,
    'g6.xlarge': 0.41,
    'c7a.xlarge': 0.1014,
    'c7a.4xlarge': 0.3435,
  },
} as const satisfies PriceList;

/** A public IPv4 address, in use or not. */
export const addressPrices = {
  source: 'https://aws.amazon.com/vpc/pricing/',
  asOf,
  hour: 0.005,
} as const satisfies PriceList;

/** gp3 volumes at their included speed. */
export const volumePrices = {
  source: 'https://aws.amazon.com/ebs/pricing/',
  asOf,
  gbMonth: 0.08,
} as const satisfies PriceList;

export const cloudWatchPrices = {
  source: 'https://aws.amazon.com/cloudwatch/pricing/',
  asOf,
  /** Ingested into the standard log class. */
  logGb: 0.5,
  /** A custom metric, billed for the hours in which it has values. */
  metricMonth: 0.3,
  alarmMonth: 0.1,
} as const satisfies PriceList;

export const xrayPrices = {
  source: 'https://aws.amazon.com/xray/pricing/',
  asOf,
  traceRecorded: 5e-6,
} as const satisfies PriceList;

/** Group 2 of Rekognition Image, which includes DetectLabels; each tier starts after this many images per month. */
export const rekognitionPrices = {
  source: 'https://aws.amazon.com/rekognition/pricing/',
  asOf,
  tiers: [
    { after: 0, image: 0.001 },
    { after: 1e6, image: 0.0008 },
    { after: 5e6, image: 0.0006 },
    { after: 35e6, image: 0.00025 },
  ],
} as const satisfies PriceList;

/** LABEL_DETECTION of Cloud Vision; the first thousand images per month are free. */
export const cloudVisionPrices = {
  source: 'https://cloud.google.com/vision/pricing',
  asOf,
  tiers: [
    { after: 0, image: 0.0015 },
    { after: 5e6, image: 0.001 },
  ],
} as const satisfies PriceList;

/** Batch Transform, per hour. */
export const sageMakerPrices = {
  source: 'https://aws.amazon.com/sagemaker/ai/pricing/',
  asOf,
  'ml.g4dn.xlarge': 0.7364,
} as const satisfies PriceList;
