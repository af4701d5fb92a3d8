import type { AssumedValues } from '../assumptions.ts';

/** What goes wrong in a simulation, from its start. */
export interface Faults {
  /** Ingest may not read the images: every image ends as a rejected row. */
  readonly unreadable?: boolean;
  /** Every invocation of ingest ends with an error, for example because the manifest is missing. */
  readonly ingestErrors?: boolean;
  /** Every worker exits with an error when it starts. */
  readonly workersCrash?: boolean;
  /** Workers receive messages and store no row. */
  readonly workersHang?: boolean;
  /** Uploads do not reach the queue. */
  readonly noNotifications?: boolean;
  /** EC2 has no instance for the group. */
  readonly noCapacity?: boolean;
}

/** Images and when they arrive, in seconds. */
export interface Scenario {
  readonly name: string;
  /** The number of images that arrive from one time to another, without the latter. */
  readonly arrivals: (from: number, to: number, random: () => number) => number;
  /** No image arrives after this time. */
  readonly lastArrival: number;
  /** A simulation that has not ended by itself ends now. */
  readonly endSeconds: number;
  readonly faults?: Faults;
}

export interface SimulationOptions {
  /** Of the random numbers. @default 1 */
  readonly seed?: number;
  readonly assumed?: Partial<AssumedValues>;
  /** Crops per second of a worker, or of a function with one core. @default as in docs/cost.md */
  readonly rate?: number;
}

const day = 86_400;

/** Images that all arrive at once. */
export function burst(
  images: number,
  { faults = {}, hours = 30 * 24 }: { readonly faults?: Faults; readonly hours?: number } = {},
): Scenario {
  const at = 0;
  return {
    name: `${images.toLocaleString('en')} at once`,
    arrivals: (from, to) => (from <= at && at < to ? images : 0),
    lastArrival: at,
    endSeconds: hours * 3600,
    faults,
  };
}

/** Images at a constant average rate, at random times. */
export function stream(
  imagesPerMinute: number,
  { hours, faults = {} }: { readonly hours: number; readonly faults?: Faults },
): Scenario {
  return {
    name: `${imagesPerMinute.toLocaleString('en')} a minute`,
    arrivals(from, to, random) {
      if (from >= hours * 3600) return 0;
      const expected = ((to - from) * imagesPerMinute) / 60;
      return Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    },
    lastArrival: hours * 3600,
    endSeconds: hours * 3600 + day,
    faults,
  };
}

/** The same number of images at the same time of each day. */
export function daily(images: number, days: number): Scenario {
  const batchesUntil = (time: number) => Math.min(days, Math.ceil(time / day));
  return {
    name: `${images.toLocaleString('en')} a day`,
    arrivals: (from, to) => (batchesUntil(to) - batchesUntil(from)) * images,
    lastArrival: (days - 1) * day,
    endSeconds: (days + 1) * day,
  };
}

/** What the documentation shows. */
export const defaultScenarios: readonly Scenario[] = [
  burst(1e4),
  burst(1e6),
  burst(1e8),
  stream(1, { hours: 24 }),
  daily(1e4, 3),
];
