import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the decoder processes that a process has started and that still run. Reads the `/proc` of Linux. */
export function decoderProcessesOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent && commandOf(pid).includes('decoder-program'));
}

function parentOf(pid: number): number | undefined {
  // The name of the command stands in parentheses and may hold anything; then the state and the parent.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return fields[0] === 'Z' ? undefined : Number(fields[1]);
}

const commandOf = (pid: number) => read(`/proc/${pid}/cmdline`);

/** Empty for a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
