import { basename } from 'node:path/posix';
import { type Compaction, compactResults } from '../../results/compact/compact.ts';
import type { CompactOptions } from '../../results/compact/compact-options.ts';
import { dayFolder } from '../../shared/stores/keys.ts';

export interface CompactPorts extends Pick<CompactOptions, 'source' | 'store' | 'workFolder' | 'bytesPerRun'> {
  /** Seconds after which nothing new is started, well before the function times out. */
  readonly stopAfterSeconds: number;
  readonly now: () => Date;
}

/**
 * Compacts the days before today; the event is ignored. If the time runs out, the next run continues from there.
 * @param observe receives the result
 * @throws when parts cannot be read or written; nothing is lost, and the next run retries
 */
export function compactHandler(
  ports: CompactPorts,
  observe: (compaction: Compaction) => void = () => {},
): () => Promise<Compaction> {
  return async () => {
    const { source, store, workFolder, bytesPerRun, stopAfterSeconds, now } = ports;
    const today = basename(dayFolder(now()));
    const compaction = await compactResults({
      source,
      store,
      workFolder,
      bytesPerRun,
      // Parts are still written today; tomorrow they would be sorted again.
      skipFolder: (folder) => basename(folder) >= today,
      stop: AbortSignal.timeout(stopAfterSeconds * 1000),
      now,
    });
    observe(compaction);
    return compaction;
  };
}
