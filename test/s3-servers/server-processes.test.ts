import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { atEnd } from '../support/at-end.ts';
import { eventually } from '../support/eventually.ts';
import { ServerProcesses } from './server-processes.ts';

/** Writes its id into the folder and never ends. */
const endless = 'echo $$ > "$0/pid"; exec sleep 3600';
const script = `
import { ServerProcesses } from ${JSON.stringify(join(import.meta.dirname, 'server-processes.ts'))};
const processes = new ServerProcesses();
const { folder } = processes;
processes.start('sh', ['-c', ${JSON.stringify(endless)}, folder]);
console.log(folder);
setInterval(() => {}, 1000);
`;

describe('the processes of a server', () => {
  it('end with their folder when they are stopped', async () => {
    const processes = new ServerProcesses();
    processes.start('sh', ['-c', endless, processes.folder]);
    const pid = await pidIn(processes.folder);
    await processes.stop();
    expect({ folder: existsSync(processes.folder), runs: isRunning(pid) }).toEqual({ folder: false, runs: false });
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('end with their folder when %s ends the tests', async (signal) => {
    const tests = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    atEnd(() => tests.kill('SIGKILL'));
    const [line] = await once(tests.stdout, 'data');
    const folder = String(line).trim();
    const pid = await pidIn(folder);
    tests.kill(signal);
    await eventually(async () =>
      expect({ folder: existsSync(folder), runs: isRunning(pid) }).toEqual({ folder: false, runs: false }),
    );
  });
});

async function pidIn(folder: string): Promise<number> {
  await eventually(async () => expect(readFileSync(join(folder, 'pid'), 'utf8')).toMatch(/^\d+\n$/));
  return Number(readFileSync(join(folder, 'pid'), 'utf8'));
}

/** False for a process that has ended although its parent does not know it yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
