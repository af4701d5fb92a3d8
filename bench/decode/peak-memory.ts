import { readFileSync } from 'node:fs';

/** Peak resident memory of this process, bytes. On Linux, `resourceUsage` would include the parent's memory at the fork. */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
