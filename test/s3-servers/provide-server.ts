import type { TestProject } from 'vitest/node';
import type { StartedServer } from './s3-server.ts';
import { missingPrograms } from './server-processes.ts';

export interface ServerToStart {
  readonly programs: readonly string[];
  /** Debian's packages with the programs. */
  readonly packages: string;
  start(): Promise<StartedServer>;
}

/** Starts a server for a test project, or says which packages are missing; the tests are skipped then. */
export async function provideServer(project: TestProject, server: ServerToStart): Promise<() => Promise<void>> {
  const missing = missingPrograms(server.programs);
  if (missing.length > 0) {
    console.warn(`skipped: no ${missing.join(', ')}; install Debian's ${server.packages}`);
    project.provide('s3Server', null);
    return async () => {};
  }
  const started = await startOnFreePorts(server, 3);
  project.provide('s3Server', started.server);
  return () => started.stop();
}

/** A port that was free a moment ago may be taken before the server has it: another start finds others. */
async function startOnFreePorts({ start }: Pick<ServerToStart, 'start'>, attempts: number): Promise<StartedServer> {
  try {
    return await start();
  } catch (error) {
    if (attempts === 1) throw error;
    console.warn(`starting again: ${error}`);
    return startOnFreePorts({ start }, attempts - 1);
  }
}
