/**
 * Every price that this project knows, in dollars. They are list prices as they were known on the day that each names,
 * in their first tier and without what is free each month; nothing is fetched when a command runs, so look at the source
 * before money depends on it. AWS prices are those of us-east-1. Transfer between its services within a region is free.
 */
interface PriceList {
  /** The page of whoever asks the price. */
  readonly source: string;
  /** The day on which they were known to be so. */
  readonly asOf: string;
  readonly [name: string]: unknown;
}

/** When all of them were looked through last. */
const asOf = '2026-11-25';

/** Hours by which AWS turns a price for a month into one for an hour. */
export const hoursPerMonth = 730;

export const region = 'us-east-1';

export const sqsPrices = {
  source: 'https://aws.amazon.com/sqs/pricing/',
  asOf,
  /** Of a standard queue; one for every 64 KiB of payload. */
  request: 0.4e-6,
} as const satisfies PriceList;

/** S3 Standard. */
export const s3Prices = {
  source: 'https://aws.amazon.com/s3/pricing/',
  asOf,
  put: 5e-6,
  get: 0.4e-6,
  list: 5e-6,
  /** A GiB kept for a month. */
  gibMonth: 0.023,
} as const satisfies PriceList;

/** On arm64. */
export const lambdaPrices = {
  source: 'https://aws.amazon.com/lambda/pricing/',
  asOf,
  request: 0.2e-6,
  /** A GiB of the function's memory for a second. */
  gbSecond: 13.3334e-6,
} as const satisfies PriceList;

/** An hour of an instance with one GPU, on Linux. */
export const instancePrices = {
  source: 'https://aws.amazon.com/ec2/pricing/on-demand/',
  asOf,
  onDemand: { 'g4dn.xlarge': 0.526, 'g5.xlarge': 1.006, 'g6.xlarge': 0.8048, 'g6.4xlarge': 1.3232 },
} as const satisfies PriceList;

/**
 * What an hour on Spot typically costs: no list price, it varies by the hour and the zone. Medians over the zones of
 * us-east-1 in commit e385a0d3 of a public catalogue of cloud prices; Amazon's own page shows the price of the moment.
 */
export const spotPrices = {
  source: 'https://github.com/skypilot-org/skypilot-catalog/blob/master/catalogs/v8/aws/vms.csv',
  current: 'https://aws.amazon.com/ec2/spot/pricing/',
  asOf,
  hour: { 'g4dn.xlarge': 0.21, 'g5.xlarge': 0.49, 'g6.xlarge': 0.41 },
} as const satisfies PriceList;

/** A public IPv4 address, in use or not. */
export const addressPrices = {
  source: 'https://aws.amazon.com/vpc/pricing/',
  asOf,
  hour: 0.005,
} as const satisfies PriceList;

/** Volumes of type gp3, with the speed that is included. */
export const volumePrices = {
  source: 'https://aws.amazon.com/ebs/pricing/',
  asOf,
  gbMonth: 0.08,
} as const satisfies PriceList;

export const cloudWatchPrices = {
  source: 'https://aws.amazon.com/cloudwatch/pricing/',
  asOf,
  /** Taken into the standard class of logs. */
  logGb: 0.5,
  /** A metric of one's own, billed by the hours in which it has values. */
  metricMonth: 0.3,
  alarmMonth: 0.1,
} as const satisfies PriceList;

export const xrayPrices = {
  source: 'https://aws.amazon.com/xray/pricing/',
  asOf,
  traceRecorded: 5e-6,
} as const satisfies PriceList;

/** Group 2 of Rekognition Image, which has DetectLabels; each tier begins after so many images of a month. */
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

/** LABEL_DETECTION of Cloud Vision; the first thousand of a month are free. */
export const cloudVisionPrices = {
  source: 'https://cloud.google.com/vision/pricing',
  asOf,
  tiers: [
    { after: 0, image: 0.0015 },
    { after: 5e6, image: 0.001 },
  ],
} as const satisfies PriceList;

/** Batch Transform, an hour. */
export const sageMakerPrices = {
  source: 'https://aws.amazon.com/sagemaker/ai/pricing/',
  asOf,
  'ml.g4dn.xlarge': 0.7364,
} as const satisfies PriceList;

export type GpuInstance = keyof typeof spotPrices.hour;

export const gpuInstances = ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'] as const satisfies readonly GpuInstance[];
