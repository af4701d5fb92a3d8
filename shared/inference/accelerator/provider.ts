/**
 * Execution providers, fastest first. `cpu` is always available; `webgpu` is in every build of the runtime and needs a
 * driver; `cuda` and `tensorrt` need NVIDIA's libraries, see docs/decisions/0009.
 */
export const providers = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const;

export type Provider = (typeof providers)[number];

/** A provider, or `auto` for the first one that is available and passes the checks. */
export const accelerators = ['auto', ...providers] as const;

export type Accelerator = (typeof accelerators)[number];

/** Names in profiles. */
const runtimeNames: Readonly<Record<string, Provider>> = {
  TensorrtExecutionProvider: 'tensorrt',
  CUDAExecutionProvider: 'cuda',
  WebGpuExecutionProvider: 'webgpu',
  CPUExecutionProvider: 'cpu',
};

/** The provider by its name in a profile; unknown names stay as they are. */
export function providerOfRuntimeName(runtimeName: string): string {
  return runtimeNames[runtimeName] ?? runtimeName;
}

/** Providers to try, in order. */
export function candidateProviders(accelerator: Accelerator): readonly Provider[] {
  return accelerator === 'auto' ? providers : [accelerator];
}

/** Providers to pass to the runtime: nodes that TensorRT does not support go to CUDA rather than to the CPU. */
export function runtimeProviders(provider: Provider): readonly Provider[] {
  return provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider];
}

/**
 * Number of lanes: one per core on the CPU; two on a GPU, so that one batch is copied while another runs; one with WebGPU,
 * where two concurrent sessions abort the process (onnxruntime issue 32561).
 * @param threads cores to use
 */
export function laneCount(provider: Provider, threads: number): number {
  if (provider === 'cpu') return threads;
  return provider === 'webgpu' ? 1 : 2;
}
