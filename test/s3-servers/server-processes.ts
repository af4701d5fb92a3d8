import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Reads ids of processes, one per line, until the tests end or are killed; then kills the processes and removes the folder.
 * The disk of a process that is about to end may still grow.
 */
const cleanUp = `pids=
while read -r pid; do pids="$pids $pid"; done
kill -KILL $pids
for attempt in 1 2 3 4 5 6 7 8 9; do rm -rf "$0" && exit; sleep 1; done`;

/** The folder and the processes of a server; everything goes away with `stop`, or when the tests are killed. */
export class ServerProcesses {
  readonly folder = mkdtempSync(join(tmpdir(), 'inception-batch-s3-'));
  readonly #started: { readonly child: ChildProcess; readonly name: string; output: string }[] = [];
  // In a process group of its own, which Ctrl-C does not reach.
  readonly #guard = spawn('sh', ['-c', cleanUp, this.folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });

  constructor() {
    this.#guard.unref();
  }

  /** Runs a program to its end. @throws an error with its output */
  run(program: string, args: readonly string[]): string {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', env: systemEnvironment() });
  }

  start(program: string, args: readonly string[]): void {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: systemEnvironment() });
    this.#guard.stdin?.write(`${child.pid}\n`);
    const started = { child, name: program, output: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        started.output = (started.output + text).slice(-4_000);
      });
    }
    this.#started.push(started);
  }

  /** Waits until a program accepts connections on a port. @throws if a program ends, for example if its port was taken */
  async waitForPort(port: number): Promise<void> {
    for (;;) {
      const isOpen = await accepts(port);
      this.#expectRunning();
      if (isOpen) return;
      await sleep(50);
    }
  }

  #expectRunning(): void {
    for (const { child, name, output } of this.#started) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended early:\n${output}`);
    }
  }

  async stop(): Promise<void> {
    for (const { child } of this.#started.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
    this.#guard.kill('SIGKILL');
  }
}

/** The programs of a list that this machine does not have. */
export function missingPrograms(programs: readonly string[]): string[] {
  return programs.filter((program) => {
    try {
      execFileSync('which', [program], { stdio: 'ignore', env: systemEnvironment() });
      return false;
    } catch {
      return true;
    }
  });
}

/** Servers are often in folders that only administrators have in their path. */
function systemEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [process.env['PATH'], '/usr/sbin', '/sbin'].join(delimiter) };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
