import { describe, expect, it } from 'vitest';
import {
  candidateProviders,
  laneCount,
  providers,
  runtimeProviders,
} from '../../../../shared/inference/accelerator/provider.ts';
import { toleranceOf } from '../../../../shared/inference/accelerator/tolerance.ts';

describe('a provider', () => {
  it('is tried in order of speed under auto, and alone when it is named', () => {
    expect(candidateProviders('auto')).toEqual(['tensorrt', 'cuda', 'webgpu', 'cpu']);
    expect(candidateProviders('webgpu')).toEqual(['webgpu']);
  });

  it('has a lane per core on the CPU, two lanes on a GPU and one with WebGPU', () => {
    expect(providers.map((provider) => laneCount(provider, 16))).toEqual([2, 2, 1, 16]);
  });

  it('runs nodes that TensorRT does not support on CUDA', () => {
    expect(runtimeProviders('tensorrt')).toEqual(['tensorrt', 'cuda']);
    expect(runtimeProviders('cpu')).toEqual(['cpu']);
  });

  it('has a wider tolerance the more it rounds', () => {
    for (const provider of providers) {
      const [float, half, int8] = (['float', 'half', 'int8'] as const).map((precision) =>
        toleranceOf(provider, precision),
      );
      expect(float).toBeLessThan(half ?? 0);
      expect(half).toBeLessThanOrEqual(int8 ?? 0);
    }
    expect(toleranceOf('cuda', 'float')).toBeGreaterThan(toleranceOf('webgpu', 'float'));
  });
});
