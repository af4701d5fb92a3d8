import { readFileSync } from 'node:fs';

/**
 * The most resident memory that this process has had, bytes. Linux counts in `resourceUsage` what the parent had when it
 * started this one.
 */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
