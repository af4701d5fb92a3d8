import { basename } from 'node:path/posix';
import { type Compaction, type CompactOptions, compactResults } from '../../results/compact/compact.ts';
import { dayFolder } from '../../shared/stores/keys.ts';

export interface CompactPorts extends Pick<CompactOptions, 'source' | 'store' | 'workFolder' | 'bytesPerRun'> {
  /** Seconds after which nothing more is begun, well before the function has to end. */
  readonly stopAfterSeconds: number;
  readonly now: () => Date;
}

/**
 * The compact function: compacts the days that are over, whatever the event says. What there is no time for is left to
 * the next time.
 * @param observe is told what was done
 * @throws when parts cannot be read or written; nothing is lost, and the next time tries again
 */
export function compactHandler(
  ports: CompactPorts,
  observe: (done: Compaction) => void = () => {},
): () => Promise<Compaction> {
  return async () => {
    const { source, store, workFolder, bytesPerRun, stopAfterSeconds, now } = ports;
    const today = basename(dayFolder(now()));
    const done = await compactResults({
      source,
      store,
      workFolder,
      bytesPerRun,
      // Parts are still being written to today, and tomorrow they would be sorted all over again.
      skipFolder: (folder) => basename(folder) >= today,
      stop: AbortSignal.timeout(stopAfterSeconds * 1000),
      now,
    });
    observe(done);
    return done;
  };
}
