/** One line of nvidia-smi; a value is missing if the card or its driver does not report it. */
export interface DeviceSample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Share of the sampling period with a kernel running, 0 to 1. */
  readonly utilization?: number;
  readonly memoryMiB?: number;
  readonly powerWatts?: number;
}

/** Fields of `--query-gpu`, in the order that `parseDeviceSample` expects. */
export const sampleFields = 'utilization.gpu,memory.used,power.draw';

/**
 * Parses a line such as `98, 14253, 267.52` of `--format=csv,noheader,nounits`. Missing values are `[N/A]`, `[Not
 * Supported]` or `[Unknown Error]`.
 * @returns undefined for a line that is no sample, such as an error message
 */
export function parseDeviceSample(line: string, at: number): DeviceSample | undefined {
  const fields = line.split(',').map((field) => field.trim());
  if (fields.length !== 3 || fields.some((field) => !/^(\d+(\.\d+)?|\[.+\]|N\/A)$/.test(field))) return undefined;
  const [percent, memoryMiB, powerWatts] = fields.map((field) => (/^\d/.test(field) ? Number(field) : undefined));
  return {
    at,
    ...(percent !== undefined && { utilization: percent / 100 }),
    ...(memoryMiB !== undefined && { memoryMiB }),
    ...(powerWatts !== undefined && { powerWatts }),
  };
}

export interface DeviceUse {
  /** Mean. */
  readonly utilization?: number;
  /** Largest, of all processes on the card. */
  readonly memoryMiB?: number;
  /** Mean. */
  readonly powerWatts?: number;
}

/**
 * Summarizes the samples of a period.
 * @param start and `end` in milliseconds since 1970
 */
export function deviceUse(samples: readonly DeviceSample[], start: number, end: number): DeviceUse {
  const within = samples.filter(({ at }) => at >= start && at <= end);
  const valuesOf = (field: keyof DeviceSample) => within.flatMap((sample) => sample[field] ?? []);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [utilization, memory, power] = [valuesOf('utilization'), valuesOf('memoryMiB'), valuesOf('powerWatts')];
  return {
    ...(utilization.length > 0 && { utilization: mean(utilization) }),
    ...(memory.length > 0 && { memoryMiB: Math.max(...memory) }),
    ...(power.length > 0 && { powerWatts: mean(power) }),
  };
}
