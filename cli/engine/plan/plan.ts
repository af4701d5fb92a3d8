import { assumptions } from '../../../jobs/cost/assumptions.ts';
import { assumptionsOf, type Estimate, notCounted } from '../../../jobs/cost/estimate.ts';
import { workloadOf } from '../../../jobs/cost/workload.ts';
import { byWorkers } from '../../../plan/by-workers.ts';
import { countImages } from '../../../plan/count-images.ts';
import { startsLate } from '../../../plan/deadline.ts';
import { quotasOf } from '../../../plan/deployment-of.ts';
import { type OptionName, optionNames, type PlanOption, planOptions } from '../../../plan/options.ts';
import { peersOf } from '../../../plan/peers.ts';
import type { Transport } from '../../../shared/crops/transport.ts';
import * as prices from '../../../shared/deployment/prices.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { openSource, openStore, type StoreOptions } from '../locations.ts';
import { deployCommands, deploySettings } from './deploy-commands.ts';
import { type SpeedOptions, speedsOf } from './model-speeds.ts';

export interface PlanRequest extends StoreOptions, SpeedOptions {
  /** Images, if no location is listed. */
  readonly count?: number;
  /** Bytes of an image, with `count`. */
  readonly size?: number;
  readonly megapixels?: number;
  readonly crops: string;
  /** Regions of each image that are classified besides. */
  readonly regions?: number;
  readonly transport: Transport;
  /** Days that crops are kept. @default that of a deployment */
  readonly messageDays?: number;
  readonly workers?: number;
  /** Hours from the first image to the last row. */
  readonly deadline?: number;
  /** Explains this option instead of the cheapest. */
  readonly instance?: OptionName;
  /** Share of instance hours on Spot, 0 to 1. */
  readonly spotShare: number;
}

/** A job on everything that a deployment can classify with. */
export interface Plan {
  readonly options: readonly PlanOption[];
  readonly cheapest: PlanOption;
  /** The one that is explained. */
  readonly chosen: PlanOption;
  readonly deadlineHours: number | undefined;
  /** The location that was listed. */
  readonly images: string | undefined;
  /** Whether crops and rows are counted in the model's sizes, not in those of the default model. */
  readonly isSizeKnown: boolean;
  /** Instance types of which the speed with this model is not known. */
  readonly leftOut: readonly OptionName[];
}

/**
 * Compares the cost and duration of a job on every kind of worker.
 * @param images a location whose images are listed; undefined for `count` images
 * @param onListed receives the number of listed images from time to time
 * @throws {UserError} if the location has no images, the speed of a model is not known, or no worker starts in time
 */
export async function plan(
  images: string | undefined,
  request: PlanRequest,
  onListed: (images: number) => void,
): Promise<Plan> {
  const { count, size, megapixels, crops, regions, transport, messageDays, workers } = request;
  const counted =
    images === undefined ? { images: count ?? 0, bytes: size } : await listImages(images, request, onListed);
  const speeds = await speedsOf(request);
  const job = workloadOf({
    images: counted.images,
    ...(counted.bytes === undefined ? {} : { bytes: counted.bytes }),
    ...(megapixels === undefined ? {} : { megapixels }),
    crops: Number(crops),
    ...(regions === undefined ? {} : { regions }),
    transport,
    ...(messageDays === undefined ? {} : { messageDays }),
    listed: images !== undefined,
    ...(speeds.network === undefined ? {} : { network: speeds.network }),
  });
  const { spotShare, deadline, instance } = request;
  const options = planOptions(job, { speeds, spotShare, deadlineHours: deadline, workers });
  if (options.every(({ problem }) => problem === startsLate)) {
    const { lambdaStartSeconds, startMinutes } = assumptions;
    throw new UserError(
      `no worker starts before the --deadline: functions take ${lambdaStartSeconds.value}s to start, instances ${startMinutes.value}m`,
    );
  }
  const [cheapest] = options;
  const chosen = instance === undefined ? cheapest : options.find(({ name }) => name === instance);
  if (cheapest === undefined || chosen === undefined) {
    throw new UserError(`the speed of ${instance} with this model is not known: give --gpu-rate <n>, crops per second`);
  }
  const named = new Set(options.map(({ name }) => name));
  return {
    ...{ options, cheapest, chosen, deadlineHours: deadline, images },
    isSizeKnown: speeds.network !== undefined,
    leftOut: optionNames.filter((name) => !named.has(name)),
  };
}

/** Number of images of a location, without the pipeline's own objects, and their average size in bytes. */
async function listImages(
  text: string,
  options: StoreOptions,
  onListed: (images: number) => void,
): Promise<{ images: number; bytes: number }> {
  const source = await openSource(text, options, await openStore(options));
  const { images, bytes } = await countImages(source.objects, source, (soFar) => onListed(soFar.images));
  if (images === 0) throw new UserError(`no files to plan for in ${text}`);
  return { images, bytes: bytes / images };
}

/** The chosen option's estimate with alternatives, assumptions, prices and their sources. */
export function planDetails({ options, cheapest, chosen, images, leftOut }: Plan) {
  const { job }: Estimate = chosen.estimate;
  return {
    ...chosen.estimate,
    options: options.map((option) => summaryOf(option, images)),
    cheapest: { ...summaryOf(cheapest, images), commands: deployCommands(cheapest, images) },
    leftOut,
    byWorkers: byWorkers(job),
    peers: peersOf(job.images),
    assumptions: assumptionsOf(job),
    notCounted,
    prices,
  };
}

function summaryOf(option: PlanOption, images: string | undefined) {
  const { name, model, source, estimate, dollars, problem } = option;
  const { job, hours } = estimate;
  return {
    ...{ name, model, rate: job.worker.rate, source, rateFrom: job.worker.rateFrom, workers: job.workers, hours },
    ...{ dollars: estimate.dollars, onDemandDollars: dollars.onDemand, spotDollars: dollars.spot },
    problem: problem ?? null,
    settings: deploySettings(option, images),
    quotas: quotasOf(option),
  };
}
