/**
 * Execution providers of the runtime that are asked for, the fastest first. `cpu` is always there; `webgpu` is in every
 * build of the runtime and needs a driver; `cuda` and `tensorrt` need libraries beside it, see docs/decisions/0009.
 */
export const providers = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const;

export type Provider = (typeof providers)[number];

/** What can be asked for: one provider and nothing else, or `auto`, the first that is there and sound. */
export const accelerators = ['auto', ...providers] as const;

export type Accelerator = (typeof accelerators)[number];

/** As profiles name providers. */
const runtimeNames: Readonly<Record<string, Provider>> = {
  TensorrtExecutionProvider: 'tensorrt',
  CUDAExecutionProvider: 'cuda',
  WebGpuExecutionProvider: 'webgpu',
  CPUExecutionProvider: 'cpu',
};

/** The provider by its name in a profile; that name itself where it is none of ours. */
export function providerOfRuntimeName(runtimeName: string): string {
  return runtimeNames[runtimeName] ?? runtimeName;
}

/** Providers to try for what was asked, in order. */
export function candidateProviders(accelerator: Accelerator): readonly Provider[] {
  return accelerator === 'auto' ? providers : [accelerator];
}

/** What the runtime is given for a provider: what TensorRT cannot take is left to CUDA rather than to the CPU. */
export function runtimeProviders(provider: Provider): readonly Provider[] {
  return provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider];
}

/**
 * Sessions that run at the same time, each in a thread of its own: one for each core on a CPU; on a GPU two, so that one
 * batch is copied while another is computed; with WebGPU one, since two that run at once end the process (onnxruntime
 * issue 32561).
 * @param threads cores to compute on
 */
export function laneCount(provider: Provider, threads: number): number {
  if (provider === 'cpu') return threads;
  return provider === 'webgpu' ? 1 : 2;
}
