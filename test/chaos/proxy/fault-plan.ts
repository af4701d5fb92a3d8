import { createHash } from 'node:crypto';

/** How often each kind of fault happens, as a share of the requests to which it applies. */
export type Rates = Readonly<Partial<Record<FaultKind, number>>>;

/** Faults of any request, before the service has it. */
export const requestFaults = ['error 500', 'error 503', 'reset'] as const;
/** Faults of any answer: the service did what was requested. A delay is longer than clients wait. */
export const answerFaults = ['late error', 'late reset', 'delay'] as const;
/** Faults of answers with an object. */
export const objectFaults = ['cut body', 'false ETag'] as const;
/** Faults of listings. */
export const listFaults = ['repeated page', 'skipped page'] as const;
/** Faults of requests with several messages: entries are refused, or done and reported as refused. */
export const batchFaults = ['failed entries', 'falsely failed entries'] as const;
/** Faults of deliveries. The messages of a lost receive are hidden by the service, and no client has them. */
export const receiveFaults = ['lost receive', 'repeated message', 'reordered messages', 'delay'] as const;

const faultKinds = [
  ...new Set([...requestFaults, ...answerFaults, ...objectFaults, ...listFaults, ...batchFaults, ...receiveFaults]),
];
export type FaultKind = (typeof faultKinds)[number];

/**
 * Chooses the fault of each request. The choice depends on the seed, the request and how often it was sent before, so the
 * same seed gives the same faults to each object, whatever the order of requests. Only a kind that did not happen although it
 * was to be expected happens to the next request, so that no kind is missing in a short run.
 */
export class FaultPlan {
  /** Without faults while false. */
  isActive = true;
  readonly #seed: string;
  readonly #rates: Rates;
  readonly #requests = new Map<string, number>();
  readonly #counts = new Map<FaultKind, number>();
  /** How often each kind was to be expected so far. */
  readonly #expected = new Map<FaultKind, number>();

  constructor(seed: string, rates: Rates) {
    this.#seed = seed;
    this.#rates = rates;
  }

  /** Number of faults so far, by kind. */
  get counts(): ReadonlyMap<FaultKind, number> {
    return this.#counts;
  }

  /** At most one of the kinds that apply to a request. */
  choose(request: string, kinds: readonly FaultKind[]): FaultKind | undefined {
    const before = this.#requests.get(request) ?? 0;
    this.#requests.set(request, before + 1);
    if (!this.isActive) return undefined;
    let rest = randomOf(`${this.#seed} ${request} ${before}`);
    for (const kind of kinds) {
      const rate = this.#rates[kind] ?? 0;
      this.#expected.set(kind, (this.#expected.get(kind) ?? 0) + rate);
      rest -= rate;
      if (rest < 0) return kind;
    }
    return kinds.find((kind) => !this.#counts.has(kind) && (this.#expected.get(kind) ?? 0) >= 1);
  }

  /** The kinds that have a rate and did not happen. */
  unused(): FaultKind[] {
    return faultKinds.filter((kind) => (this.#rates[kind] ?? 0) > 0 && !this.#counts.has(kind));
  }

  /** To be called when a fault has happened. */
  count(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }
}

/** A number in [0, 1) that depends only on the text. */
export function randomOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}
