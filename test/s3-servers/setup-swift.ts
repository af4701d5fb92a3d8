import type { TestProject } from 'vitest/node';
import { provideServer } from './provide-server.ts';
import { startSwift, swiftPackages, swiftPrograms } from './start-swift.ts';

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideServer(project, { programs: swiftPrograms, packages: swiftPackages, start: startSwift });
}
