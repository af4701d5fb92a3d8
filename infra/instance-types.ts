/** x86-64 types with one NVIDIA GPU that CUDA 13 supports. Workers use the host's network, so only one fits on an instance. */
export const gpuType = /^((g4dn|g5|g6|g6e)\.(2|4|8|16)?xlarge|gr6\.[48]xlarge|p5\.4xlarge)$/;

/**
 * x86-64 types whose processors have instructions for int8 networks. The largest classifies 2,700 images per second with an
 * int8 GoogLeNet, which the main thread of a worker can still feed (npm run bench:worker -- --rate 3000).
 */
export const cpuType = /^[cm]7[ai]\.[24]?xlarge$/;

export const gpuTypesText =
  'EC2 types on x86-64 with one NVIDIA GPU (g4dn, g5, g6 and g6e up to 16xlarge except 12xlarge, gr6, p5.4xlarge)';

export const cpuTypesText = 'c7a, c7i, m7a and m7i from xlarge to 4xlarge';

/** The same processor; without hyper-threads a vCPU is a core. */
export const defaultCpuTypes = ['c7a.xlarge', 'm7a.xlarge'];

/** The part after the dot: types of one size have as many vCPUs. */
export function sizeOf(type: string): string {
  return type.slice(type.indexOf('.') + 1);
}
