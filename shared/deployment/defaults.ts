/**
 * Constants that the infrastructure, the functions, the worker and the cost estimate share. Durations that depend on
 * each other are derived here.
 */

/** Deliveries of a message before it becomes a dead letter. The functions write a row about its images on the last. */
export const maxAttempts = 5;

/**
 * AWS recommends six times the function's timeout, plus the time in which Lambda collects a batch: a message must not be
 * delivered again while its batch is still collected or processed.
 */
export function visibilitySeconds(functionTimeoutSeconds: number, batchingWindowSeconds: number): number {
  return 6 * functionTimeoutSeconds + batchingWindowSeconds;
}

/** Days that crops wait in their queue; packed crops are kept as long. */
export const defaultMessageDays = 4;

/** Memory that gives a Lambda function one core, MB. */
export const megabytesPerCore = 1769;

/** Hundreds of images of 100 megapixels take less. */
export const ingestTimeoutSeconds = 300;

/**
 * Upload messages per ingest invocation. Crops of images that arrive together share one packed object: batches of a
 * hundred cost a third less than batches of ten (docs/performance.md).
 */
export const messagesPerBatch = 100;

/**
 * The same with regions: the crops of one image then fill a pack, or a tenth of one, so larger batches save nothing, and an
 * image takes up to a second of a core.
 */
export const messagesPerBatchWithRegions = 10;

/** Time in which Lambda collects a batch of upload messages. It requires one for more than ten messages. */
export const ingestWindowSeconds = 5;

/** Cores of the classify function; it has a session on each. */
export const classifyCores = 2;

/** A batch of 32 takes seconds; the first one also loads the model. */
export const classifyTimeoutSeconds = 120;

/** Crops per invocation of the classify function at most: 77 seconds of two cores, and 700 MB at 224 × 224. */
const maxCropsPerInvocation = 4608;

/**
 * Crop messages per invocation of the classify function. With one crop per image, a few seconds of work, and one part of the
 * results.
 * @param crops of an image at most, those of its regions included
 */
export function messagesPerInvocation(crops: number): number {
  return Math.min(32, Math.max(1, Math.floor(maxCropsPerInvocation / crops)));
}

/** Time in which Lambda collects a batch of crop messages. */
export const classifyWindowSeconds = 2;

/** The first check of a store with thousands of parts fetches what it caches of each. */
export const jobsTimeoutSeconds = 300;

/** Messages about new parts per check of the jobs. The cost of a check does not depend on how many there are. */
export const partsPerCheck = 1000;

/** One check a minute while new parts arrive. */
export const jobsWindowSeconds = 60;

/** The longest that Lambda allows. */
export const compactTimeoutSeconds = 900;

/** Compaction starts nothing new after this; what is then under way takes about two minutes. */
export const compactStopSeconds = 0.6 * compactTimeoutSeconds;

/** Workers extend the messages that they hold; those of a lost worker are delivered again after this. */
export const workerVisibilitySeconds = 120;

/** A worker on ECS finishes its work in this time when it is stopped: half of the two minutes that Spot gives. */
export const workerGraceSeconds = 60;

/** Maximum crops in a batch: a core gains nothing from more than 8, a GPU needs dozens. Batches are padded to powers of two. */
export function defaultBatchSize(provider: string): number {
  return provider === 'cpu' ? 8 : 64;
}

/** Rows in a part of the results. Encoding 1024 rows blocks the thread that feeds the GPU for 25 ms, less than two batches take. */
export const partRows = 1024;

/** Limit of the setting `maxWorkers`. */
export const maxWorkersLimit = 500;

/** Maximum number of workers at the same time. */
export const defaultMaxWorkers = 4;

/** Maximum number of invocations of the classify function at the same time: they cost nothing while they do not run. */
export const defaultMaxFunctions = 20;

/** Maximum number of invocations of the ingest function at the same time. */
export const defaultIngestConcurrency = 50;

/** Waiting images per worker: about 2.4 minutes of work on a GPU. */
export const defaultImagesPerWorker = 100_000;

/** Minutes without work after which no worker is kept running. */
export const idleMinutes = 5;

/** Volume of a GPU instance, GiB of gp3. */
export const workerDiskGiB = 50;

/** Minutes between checks of the notifications of the watched bucket. */
export const watchMinutes = 15;
