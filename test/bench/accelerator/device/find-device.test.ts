import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { cardId, findDevice, parseDevice } from '../../../../bench/accelerator/device/find-device.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

// The first lines of nvidia-smi, as in many public issues since driver 410.
const overview = `Tue Jan  2 10:00:00 2024
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.104.05             Driver Version: 535.104.05   CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
`;

it('the card, its driver and the CUDA version of the driver are read from nvidia-smi', () => {
  expect(parseDevice('Tesla T4, 535.104.05, 15360\n', overview)).toEqual({
    name: 'Tesla T4',
    driver: '535.104.05',
    memoryMiB: 15360,
    cuda: '12.2',
  });
});

it('a driver that does not print its CUDA version is no error', () => {
  expect(parseDevice('GeForce GTX 770, 390.48, 1998', 'NVIDIA-SMI 390.48')?.cuda).toBeUndefined();
});

it('an output that is not understood is no card', () => {
  expect(parseDevice('No devices were found', '')).toBeUndefined();
});

/** A program named nvidia-smi, alone in PATH. */
function onlyTool(script: string): void {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
  vi.stubEnv('PATH', folder);
}

it('the reason for a missing card is that of nvidia-smi, or that it is not installed', async () => {
  try {
    vi.stubEnv('PATH', temporaryFolder());
    expect(await findDevice()).toEqual({ missing: 'nvidia-smi is not installed' });
    onlyTool('echo "No devices were found"; exit 6');
    expect(await findDevice()).toEqual({ missing: 'No devices were found' });
  } finally {
    vi.unstubAllEnvs();
  }
});

it('the card is the first that CUDA may use', () => {
  expect(cardId(undefined)).toBe('0');
  expect(cardId('')).toBe('0');
  expect(cardId('2,3')).toBe('2');
  expect(cardId('GPU-8fe3a97d-51f6-a669-0d80-b4530b81b816')).toBe('GPU-8fe3a97d-51f6-a669-0d80-b4530b81b816');
});
