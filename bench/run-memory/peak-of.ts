import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Peak {
  /** What the program printed. */
  readonly output: string;
  /** Peak resident memory of its process, as `/usr/bin/time` reports it, bytes. */
  readonly resident: number;
  /** Peak of the proportional set sizes of the process and all that it started, bytes. */
  readonly all: number;
  /** Time of a core that it used, seconds. */
  readonly processorSeconds: number;
}

const sampleMs = 50;
/** Clock ticks per second on Linux, proc(5). */
const ticks = 100;

/** Runs a Node.js program and samples its memory from outside, on Linux. @throws if the program fails */
export async function peakOf(args: readonly string[]): Promise<Peak> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { pid = 0 } = child;
  const output = text(child.stdout);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let [resident, all, processorSeconds] = [0, 0, 0];
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  while (isRunning) {
    resident = Math.max(resident, kibibytes(`/proc/${pid}/status`, /VmHWM:\s+(\d+)/));
    const shares = processTree(pid).map((each) => kibibytes(`/proc/${each}/smaps_rollup`, /^Pss:\s+(\d+)/m));
    all = Math.max(
      all,
      shares.reduce((sum, share) => sum + share, 0),
    );
    const [user = 0, system = 0] = statFields(pid).slice(11, 13).map(Number);
    processorSeconds = Math.max(processorSeconds, (user + system) / ticks);
    await sleep(sampleMs);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { output: await output, resident, all, processorSeconds };
}

function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statFields(Number(name))[1]));
  }
  const tree = [root];
  for (const parent of tree) {
    for (const [pid, its] of parents) if (its === parent) tree.push(pid);
  }
  return tree;
}

/** Fields of `stat` after the name of the program, which may contain spaces. */
function statFields(pid: number): readonly string[] {
  return (read(`/proc/${pid}/stat`).split(') ').at(-1) ?? '').split(' ');
}

function kibibytes(path: string, pattern: RegExp): number {
  return Number(pattern.exec(read(path))?.[1] ?? 0) * 1024;
}

/** Empty for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
