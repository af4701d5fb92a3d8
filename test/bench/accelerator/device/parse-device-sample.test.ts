import { describe, expect, it } from 'vitest';
import { deviceUse, parseDeviceSample } from '../../../../bench/accelerator/device/parse-device-sample.ts';

// Forms of values as reported in public issues. Missing ones: enkore/i3pystatus 776 ([N/A], [Not Supported]) and 850, Quake4/MindMiner
// 627 ([Unknown Error]); numbers with decimals for power: Quake4/MindMiner 627, Ricks-Lab/gpu-utils 83.
describe('parseDeviceSample', () => {
  it.each([
    ['100, 9029, 228.82', { utilization: 1, memoryMiB: 9029, powerWatts: 228.82 }],
    ['0, 0, [N/A]', { utilization: 0, memoryMiB: 0 }],
    ['[Not Supported], 2004, [Not Supported]', { memoryMiB: 2004 }],
    ['37, 11264, [Unknown Error]', { utilization: 0.37, memoryMiB: 11264 }],
    ['[N/A], 678, 74.00\r', { memoryMiB: 678, powerWatts: 74 }],
  ])('reads %j', (line, expected) => {
    expect(parseDeviceSample(line, 5)).toEqual({ at: 5, ...expected });
  });

  it.each([
    'utilization.gpu [%], memory.used [MiB], power.draw [W]',
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
    'Unable to determine the device handle for GPU0000:01:00.0: Unknown Error',
    '',
    '98, 14253',
  ])('does not take %j for a sample', (line) => {
    expect(parseDeviceSample(line, 5)).toBeUndefined();
  });
});

describe('deviceUse', () => {
  const samples = [
    { at: 0, utilization: 0, memoryMiB: 500, powerWatts: 30 },
    { at: 10, utilization: 0.8, memoryMiB: 900, powerWatts: 200 },
    { at: 20, utilization: 1, memoryMiB: 1200 },
    { at: 30, utilization: 0, memoryMiB: 1200, powerWatts: 60 },
  ];

  it('gives mean utilization and power and the most memory of a period', () => {
    expect(deviceUse(samples, 5, 25)).toEqual({ utilization: 0.9, memoryMiB: 1200, powerWatts: 200 });
  });

  it('leaves out what no sample of the period has', () => {
    expect(deviceUse(samples, 15, 25)).toEqual({ utilization: 1, memoryMiB: 1200 });
    expect(deviceUse(samples, 40, 50)).toEqual({});
  });
});
