import { UserError } from '../../shared/failures/user-error.ts';
import { MissingFile } from '../pull/missing-file.ts';
import type { PublishedFile } from '../pull/published-file.ts';
import { type PulledFile, pullFile } from '../pull/pull-file.ts';
import { summarizeFailures } from '../pull/summarize-failures.ts';
import { proxyHost, withProxy } from '../pull/with-proxy.ts';

export interface DownloadOptions {
  readonly folder: string;
  /** Called with the received bytes and the size of all files together. */
  readonly onProgress: (received: number, bytes: number) => void;
  /** See `PullOptions`. */
  readonly onSlowFailure: (reason: string) => void;
  /** Called if another process downloads the same file. */
  readonly onWait: (file: string) => void;
  readonly stop?: AbortSignal | undefined;
}

/**
 * Downloads the files of a model that are not in the folder, at once.
 * @param name of the model
 * @returns the path of each file
 * @throws {UserError} in one line, with every file to save by hand and where
 */
export async function downloadFiles<T extends readonly PublishedFile[]>(
  name: string,
  files: T,
  { folder, onProgress, onSlowFailure, onWait, stop }: DownloadOptions,
): Promise<{ [K in keyof T]: string }> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const received = files.map(() => 0);
  const outcomes = await withProxy((fetch) =>
    Promise.allSettled(
      files.map((file, index) =>
        pullFile(file, {
          folder,
          fetch,
          stop,
          onSlowFailure,
          onWait: () => onWait(file.file),
          onProgress(bytes) {
            received[index] = bytes;
            onProgress(
              Math.min(
                total,
                received.reduce((sum, each) => sum + each, 0),
              ),
              total,
            );
          },
        }),
      ),
    ),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const other = errors.find((error) => !(error instanceof MissingFile));
  if (other !== undefined) throw other;
  const missing = errors.filter((error) => error instanceof MissingFile);
  if (missing.length > 0) throw unavailable(name, missing);
  // Every download has succeeded, in the order of the files.
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<PulledFile>).value.path) as {
    [K in keyof T]: string;
  };
}

/** What to do comes first, then why. */
function unavailable(name: string, missing: readonly MissingFile[]): UserError {
  const files = missing.map(({ url, path }) => `download ${url} and save it as ${path}`);
  const proxy = proxyHost();
  const through = proxy === undefined ? '' : `; requests go through the proxy ${proxy}`;
  const reasons = summarizeFailures(missing.flatMap(({ failures }) => failures));
  return new UserError(`${name} cannot be downloaded: ${files.join('; ')} (${reasons}${through})`, {
    cause: missing[0],
  });
}
