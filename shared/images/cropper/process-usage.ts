import { readFileSync } from 'node:fs';

/** What a process has used. */
export interface ProcessUsage {
  /** Of processor time, user and system. */
  readonly seconds: number;
  /** Resident memory. */
  readonly bytes: number;
}

/** The unit of times in `/proc` (proc_pid_stat(5)): 1/100 s for every architecture that Node supports. */
const ticksPerSecond = 100;

/**
 * Reads the `/proc` of Linux, which takes microseconds.
 * @returns undefined on other systems, and for a process that has ended
 */
export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    // The name of the command stands in parentheses and may hold anything; the times are the 14th and 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    if (kibibytes === undefined) return undefined;
    return { seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, bytes: Number(kibibytes) * 1024 };
  } catch {
    return undefined;
  }
}
