import { expect, it } from 'vitest';
import { adviceFor } from '../../../../bench/accelerator/device/advice.ts';
import { loadFault } from '../../../../shared/inference/accelerator/runtime-reason.ts';

const isLinux = process.platform === 'linux' && process.arch === 'x64';

it.runIf(isLinux).each([
  [loadFault('/nowhere/libonnxruntime_providers_cuda.so') ?? '', 'npm run install:cuda'],
  ["missing libraries: libcuda.so.1 (NVIDIA's driver)", 'install an NVIDIA driver of version 580 or later'],
  ['missing libraries: libcudnn.so.9, libcublasLt.so.13', 'CUDA 13 and cuDNN 9'],
  ['missing libraries: libnvinfer.so.10, libnvonnxparser.so.10', 'TensorRT 10 for CUDA 13'],
  ['CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version', '580 or later'],
])('%s: the advice contains %s', (reason, advice) => {
  expect(adviceFor('cuda', reason)).toContain(advice);
});

it.runIf(isLinux)('everything that is missing is named at once', () => {
  const reason = "missing libraries: libcuda.so.1 (NVIDIA's driver), libcudart.so.13, libnvinfer.so.10";
  expect(adviceFor('tensorrt', reason)).toMatch(/driver.*; install the libraries of CUDA 13.*; install TensorRT 10/);
  expect(adviceFor('cuda', 'missing libraries: libcuda.so.1')).not.toContain('cuDNN');
});

it('WebGPU needs Vulkan', () => {
  const advice = adviceFor('webgpu', 'Failed to get a WebGPU adapter: No supported adapters');
  expect(advice).toMatch(/install libvulkan1 .*VK_DRIVER_FILES/);
});
