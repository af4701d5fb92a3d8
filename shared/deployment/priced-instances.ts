import type { spotPrices } from './prices.ts';

/** vCPUs of the types that have a price here. */
export const instanceCpus = {
  'g4dn.xlarge': 4,
  'g5.xlarge': 4,
  'g6.xlarge': 4,
  'c7a.xlarge': 4,
  'c7a.4xlarge': 16,
} as const satisfies Readonly<Record<keyof typeof spotPrices.hour, number>>;

export const gpuInstances = ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'] as const;

/** AMD EPYC of the fourth generation, where a vCPU is a core: other types have two vCPUs per core. */
export const cpuInstances = ['c7a.xlarge', 'c7a.4xlarge'] as const;

export type GpuInstance = (typeof gpuInstances)[number];
export type CpuInstance = (typeof cpuInstances)[number];
