import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem } from '../../shared/stores/local/file-failure.ts';
import { createCacheFolder } from './create-cache-folder.ts';
import { DownloadError } from './download-error.ts';
import { type DownloadRequest, downloadFile, type Timeouts } from './download-file.ts';
import { fileDigest } from './file-digest.ts';
import { MissingFile } from './missing-file.ts';
import type { PublishedFile } from './published-file.ts';

export interface PullOptions {
  /** Folder of the downloaded files. It is created if it is missing. */
  readonly folder: string;
  readonly timeouts?: Timeouts;
  /** Called with the number of received bytes and the size of the file. */
  readonly onProgress?: ((received: number, bytes: number) => void) | undefined;
  /** Called when an address has failed after a long wait, and another one is tried. @param reason with the host */
  readonly onSlowFailure?: ((reason: string) => void) | undefined;
  /** Ends the download with its reason. The received bytes are kept. */
  readonly stop?: AbortSignal | undefined;
}

export interface PulledFile {
  /** Path of the file with an expected digest. */
  readonly path: string;
  /** Address it was downloaded from; undefined if it was already in the folder. */
  readonly url: string | undefined;
}

/** A user who waits longer wants to know for what. */
const slowMs = 5000;

const defaultTimeouts: Timeouts = { answerMs: 15_000, idleMs: 30_000 };

/**
 * Downloads a published file, unless a file with an expected digest is already there. Addresses are tried in order. Each
 * download resumes where the previous one was interrupted. The file gets its final name only when it is complete and its
 * digest matches.
 * @throws {MissingFile} if every address fails
 * @throws {UserError} if the folder cannot be written
 */
export async function pullFile(file: PublishedFile, options: PullOptions): Promise<PulledFile> {
  const { folder, timeouts = defaultTimeouts, onProgress = () => {}, onSlowFailure = () => {}, stop } = options;
  const path = join(folder, file.file);
  const digest = await fileDigest(path);
  if (isExpected(file, digest)) return { path, url: undefined };
  await createCacheFolder(folder);
  const [{ sha256 }] = file.forms;
  // Files of the same name with other bytes do not share the beginning.
  const partialFile = `${path}.${sha256.slice(0, 12)}.part`;
  const failures = digest === undefined ? [] : [`the existing file has sha256 ${digest.slice(0, 12)}…`];
  for (const url of file.urls) {
    const started = performance.now();
    try {
      await downloadChecked(file, { url, partialFile, timeouts, onProgress, stop });
      await rename(partialFile, path);
      return { path, url };
    } catch (error) {
      const problem = diskProblem(error);
      if (problem !== undefined) throw new UserError(`${path} cannot be written: ${problem}`, { cause: error });
      if (!(error instanceof DownloadError)) throw error;
      const failure = `${hostOf(url)}: ${error.message}`;
      failures.push(failure);
      if (performance.now() - started > slowMs && url !== file.urls.at(-1)) onSlowFailure(failure);
    }
  }
  throw new MissingFile(file, path, failures);
}

/** Deletes wrong bytes. If they were resumed from an earlier download, the address is tried again from the start. */
async function downloadChecked(file: PublishedFile, request: Omit<DownloadRequest, 'sizes'>): Promise<void> {
  const { resumed } = await downloadFile({ ...request, sizes: file.forms.map(({ bytes }) => bytes) });
  const digest = await fileDigest(request.partialFile);
  if (isExpected(file, digest)) return;
  await rm(request.partialFile, { force: true });
  if (resumed) return downloadChecked(file, request);
  const [{ sha256 }] = file.forms;
  throw new DownloadError(`expected sha256 ${sha256.slice(0, 12)}…, got ${digest?.slice(0, 12) ?? 'no file'}…`);
}

function isExpected({ forms }: PublishedFile, digest: string | undefined): boolean {
  return forms.some(({ sha256 }) => sha256 === digest);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
