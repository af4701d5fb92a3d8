import type { TestProject } from 'vitest/node';
import { provideServer } from './provide-server.ts';
import { radosgwPackages, radosgwPrograms, startRadosgw } from './start-radosgw.ts';

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideServer(project, { programs: radosgwPrograms, packages: radosgwPackages, start: startRadosgw });
}
