import { resolve } from 'node:path';
import type { JobObjects } from '../../../jobs/progress/list-job-objects.ts';
import type { ResultsSource } from '../../../results/open/parts.ts';
import { listParts } from '../../../shared/rows/results-store.ts';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';

/** Changes whenever parts or job lists are added or removed; neither is ever modified in place. @param jobs of the store */
export async function resultsFingerprint(source: ResultsSource, jobs: readonly JobObjects[]): Promise<string> {
  const parts =
    source.kind === 'folder'
      ? listParts(new FolderStore(), { bucket: resolve(source.path), prefix: '' })
      : listParts(source.store, source);
  const names = jobs.flatMap(({ lists }) => lists.map(({ name }) => name));
  try {
    for await (const { key, etag } of parts) names.push(`${key} ${etag}`);
  } catch (error) {
    // The store folder does not exist before the first run.
    if (error instanceof Error && errorCode(error.cause) === 'ENOENT') return '';
    throw error;
  }
  return names.join('\n');
}
