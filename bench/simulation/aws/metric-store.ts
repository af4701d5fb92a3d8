import type { MetricName, Statistic } from '../template/alarms.ts';

/** What CloudWatch keeps of a minute. */
interface Bucket {
  sum: number;
  count: number;
  max: number;
  min: number;
  /** When CloudWatch has it, seconds. */
  readonly visibleAt: number;
}

const minute = 60;

/** The metrics of a simulation, by minute. A value is visible some time after its minute. */
export class MetricStore {
  readonly #series = new Map<string, Map<number, Bucket>>();
  readonly #keptMinutes: number;
  readonly #delaySeconds: number;

  constructor({ delaySeconds, keptMinutes }: { readonly delaySeconds: number; readonly keptMinutes: number }) {
    this.#delaySeconds = delaySeconds;
    this.#keptMinutes = keptMinutes;
  }

  /** Makes a metric known, which may have no value yet. */
  declare(name: MetricName): void {
    const key = keyOf(name);
    if (!this.#series.has(key)) this.#series.set(key, new Map());
  }

  isKnown(name: MetricName): boolean {
    return this.#series.has(keyOf(name));
  }

  /**
   * Adds a value to the minute that contains a time.
   * @param notBefore the earliest time at which CloudWatch has it
   */
  add(name: MetricName, value: number, now: number, { samples = 1, notBefore = 0 } = {}): void {
    this.declare(name);
    const series = this.#series.get(keyOf(name));
    const index = Math.floor(now / minute);
    const bucket = series?.get(index);
    if (bucket !== undefined) {
      bucket.sum += value;
      bucket.count += samples;
      bucket.max = Math.max(bucket.max, value);
      bucket.min = Math.min(bucket.min, value);
      return;
    }
    const visibleAt = Math.max((index + 1) * minute + this.#delaySeconds, notBefore);
    series?.set(index, { sum: value, count: samples, max: value, min: value, visibleAt });
    series?.delete(index - this.#keptMinutes);
  }

  /** The statistic over the period that ends at a time, as far as it is visible now; undefined without any value. */
  read(
    name: MetricName,
    statistic: Statistic,
    { end, periodSeconds, now }: { readonly end: number; readonly periodSeconds: number; readonly now: number },
  ): number | undefined {
    const series = this.#series.get(keyOf(name));
    if (series === undefined) return undefined;
    let [sum, count, max, min] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let index = Math.round((end - periodSeconds) / minute); index < end / minute; index += 1) {
      const bucket = series.get(index);
      if (bucket === undefined || bucket.visibleAt > now) continue;
      sum += bucket.sum;
      count += bucket.count;
      max = Math.max(max, bucket.max);
      min = Math.min(min, bucket.min);
    }
    if (count === 0) return undefined;
    return { Sum: sum, SampleCount: count, Maximum: max, Minimum: min, Average: sum / count }[statistic];
  }
}

const keys = new WeakMap<MetricName, string>();

function keyOf(metric: MetricName): string {
  const known = keys.get(metric);
  if (known !== undefined) return known;
  const dimensions = Object.entries(metric.dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted();
  const key = `${metric.namespace} ${metric.name} ${dimensions.join(' ')}`;
  keys.set(metric, key);
  return key;
}
