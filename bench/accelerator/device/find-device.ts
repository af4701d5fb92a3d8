import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { firstIssue } from '../../../shared/failures/first-issue.ts';

/** An NVIDIA card. */
export interface Device {
  readonly name: string;
  readonly driver: string;
  readonly memoryMiB: number;
  /** Latest CUDA version that the driver supports; undefined if nvidia-smi does not print it. */
  readonly cuda: string | undefined;
}

/** Index or UUID of the card that the runtime uses, for `nvidia-smi --id`. */
export function cardId(visible = process.env['CUDA_VISIBLE_DEVICES']): string {
  return visible?.split(',')[0]?.trim() || '0';
}

const run = promisify(execFile);

/** The NVIDIA card that the runtime uses, or why there is none. */
export async function findDevice(): Promise<Device | { readonly missing: string }> {
  try {
    const query = [`--id=${cardId()}`, '--query-gpu=name,driver_version,memory.total', '--format=csv,noheader,nounits'];
    const [card, overview] = await Promise.all([run('nvidia-smi', query), run('nvidia-smi')]);
    const device = parseDevice(card.stdout, overview.stdout);
    return device ?? { missing: `unexpected output of nvidia-smi: ${card.stdout.split('\n')[0]}` };
  } catch (error) {
    return { missing: reasonOf(error) };
  }
}

/**
 * @param card name, driver version and memory in MiB, such as `Tesla T4, 535.104.05, 15360`
 * @param overview output of nvidia-smi without arguments
 */
export function parseDevice(card: string, overview: string): Device | undefined {
  const [, name, driver, memory] = /^(.+), ([\d.]+), (\d+)$/m.exec(card) ?? [];
  if (name === undefined || driver === undefined) return undefined;
  return { name, driver, memoryMiB: Number(memory), cuda: /CUDA[\w ]* Version\s*:\s*([\d.]+)/.exec(overview)?.[1] };
}

/** nvidia-smi prints its reason, such as a driver that does not run, on its standard output. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'nvidia-smi is not installed';
  const printed = error instanceof Error && 'stdout' in error ? String(error.stdout).trim().split('\n')[0] : '';
  return printed || firstIssue(error);
}
