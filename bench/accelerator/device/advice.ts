import type { Provider } from '../../../shared/inference/accelerator/provider.ts';

/** What the runtime or the loader of libraries reports, and what to do about it. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /does not include NVIDIA's libraries/,
    'run "npm run install:cuda" on a machine with network, and copy node_modules from there',
  ],
  [/libcuda\.so/, 'install an NVIDIA driver of version 580 or later'],
  [
    /lib(cu(?!da\.so)|nvrtc|nvJitLink)/,
    'install the libraries of CUDA 13 and cuDNN 9, or add their folders to LD_LIBRARY_PATH',
  ],
  [
    /lib(nvinfer|nvonnxparser)/,
    'install TensorRT 10 for CUDA 13 (packages libnvinfer10, libnvinfer-plugin10, libnvonnxparsers10)',
  ],
];

/**
 * What to do about a provider that is not available.
 * @param reason from the runtime or the loader of libraries, see `runtimeReason`
 */
export function adviceFor(provider: Provider, reason: string): string {
  if (provider === 'webgpu') {
    return (
      'WebGPU uses Vulkan on Linux: install libvulkan1 and a driver with Vulkan; if the driver is not found, set ' +
      'VK_DRIVER_FILES to its nvidia_icd.json'
    );
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') return `${provider} needs Linux on x86-64`;
  const advice = causes.filter(([cause]) => cause.test(reason)).map(([, action]) => action);
  if (advice.length > 0) return advice.join('; ');
  return `${provider} needs an NVIDIA driver of version 580 or later, CUDA 13 and cuDNN 9; compare "nvidia-smi"`;
}
