import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cardId } from './find-device.ts';
import {
  type DeviceSample,
  type DeviceUse,
  deviceUse,
  parseDeviceSample,
  sampleFields,
} from './parse-device-sample.ts';

const everyMs = 200;

/** Samples of the card while providers are measured. */
export interface DeviceSampler {
  /** Milliseconds since 1970; empty without nvidia-smi. */
  use(start: number, end: number): DeviceUse;
  stop(): void;
}

/** Samples the card that the runtime uses with nvidia-smi until it is stopped. Without nvidia-smi there are no samples. */
export function sampleDevice(): DeviceSampler {
  const samples: DeviceSample[] = [];
  const query = [`--query-gpu=${sampleFields}`, '--format=csv,noheader,nounits', `--loop-ms=${everyMs}`];
  const tool = spawn('nvidia-smi', [`--id=${cardId()}`, ...query], { stdio: ['ignore', 'pipe', 'ignore'] });
  // Its absence is reported by `findDevice`.
  tool.on('error', () => {});
  createInterface({ input: tool.stdout }).on('line', (line) => {
    const sample = parseDeviceSample(line, Date.now());
    if (sample !== undefined) samples.push(sample);
  });
  return { use: (start, end) => deviceUse(samples, start, end), stop: () => tool.kill() };
}
