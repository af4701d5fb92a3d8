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
  const started = await server.start();
  project.provide('s3Server', started.server);
  return () => started.stop();
}
