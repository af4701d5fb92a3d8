import type { TestProject } from 'vitest/node';
import { missingPrograms } from './server-processes.ts';
import { startSwift, swiftPackages, swiftPrograms } from './start-swift.ts';

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const missing = missingPrograms(swiftPrograms);
  if (missing.length > 0) {
    console.warn(`skipped: no ${missing.join(', ')}; install Debian's ${swiftPackages}`);
    project.provide('s3Server', null);
    return undefined;
  }
  const { server, stop } = await startSwift();
  project.provide('s3Server', server);
  return stop;
}
