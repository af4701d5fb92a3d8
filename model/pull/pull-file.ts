import { hash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem } from '../../shared/stores/local/file-failure.ts';
import { createCacheFolder } from './create-cache-folder.ts';
import { DownloadError } from './download-error.ts';
import { type DownloadRequest, downloadFile, type Timeouts } from './download-file.ts';
import { downloadText } from './download-text.ts';
import { fileDigest } from './file-digest.ts';
import { withLockFile } from './lock-file.ts';
import { MissingFile } from './missing-file.ts';
import { normalizedText } from './normalized-text.ts';
import type { PublishedFile } from './published-file.ts';

export interface PullOptions {
  /** Folder of the downloaded files. It is created if it is missing. */
  readonly folder: string;
  readonly timeouts?: Timeouts;
  /** See `withProxy`. @default the program's fetch */
  readonly fetch?: typeof globalThis.fetch;
  /** Called with the number of received bytes and the size of the file. */
  readonly onProgress?: ((received: number, bytes: number) => void) | undefined;
  /** Called when an address has failed after a long wait, and another one is tried. @param reason with the host */
  readonly onSlowFailure?: ((reason: string) => void) | undefined;
  /** Called once if another process downloads the same file, and this one waits. */
  readonly onWait?: (() => void) | undefined;
  /** Ends the download with its reason. The received bytes are kept. */
  readonly stop?: AbortSignal | undefined;
}

export interface PulledFile {
  /** Path of the file with the expected digest. */
  readonly path: string;
  /** Address it was downloaded from; undefined if it was already in the folder. */
  readonly url: string | undefined;
}

/** After a longer wait the reason is reported. */
const slowMs = 5000;

const defaultTimeouts: Timeouts = { answerMs: 15_000, idleMs: 30_000, slow: { ms: 60_000, bytes: 60_000 } };

/**
 * Downloads a published file, unless a file with the expected digest is already there. Addresses are tried in order. Each
 * download resumes where the previous one was interrupted; another process that needs the same file waits. The file gets its
 * final name only when it is complete and its digest matches.
 * @throws {MissingFile} if every address fails
 * @throws {UserError} if the folder cannot be written
 */
export async function pullFile(file: PublishedFile, options: PullOptions): Promise<PulledFile> {
  const path = join(options.folder, file.file);
  if (isExpected(file, await digestOf(file, path))) return { path, url: undefined };
  await createCacheFolder(options.folder);
  const lock = { onWait: options.onWait ?? (() => {}), stop: options.stop };
  return withLockFile(join(options.folder, `.${file.file}.lock`), lock, () => pullLocked(file, path, options));
}

async function pullLocked(file: PublishedFile, path: string, options: PullOptions): Promise<PulledFile> {
  const { timeouts = defaultTimeouts, fetch = globalThis.fetch } = options;
  const { onProgress = () => {}, onSlowFailure = () => {}, stop } = options;
  const digest = await digestOf(file, path);
  if (isExpected(file, digest)) return { path, url: undefined };
  // Files of the same name with other bytes do not share the beginning.
  const partialFile = `${path}.${file.sha256.slice(0, 12)}.part`;
  const failures = digest === undefined ? [] : [`the existing file has sha256 ${digest.slice(0, 12)}…`];
  for (const url of file.urls) {
    const started = performance.now();
    try {
      const request = { url, partialFile, fetch, timeouts, onProgress, bytes: file.bytes, stop };
      await (file.isText ? downloadCheckedText(file, request) : downloadChecked(file, request));
      await rename(partialFile, path);
      return { path, url };
    } catch (error) {
      // Another process has finished it, if this machine slept and lost its lock.
      if (isExpected(file, await digestOf(file, path))) return { path, url: undefined };
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
async function downloadChecked(file: PublishedFile, request: DownloadRequest): Promise<void> {
  const { resumed } = await downloadFile(request);
  const digest = await fileDigest(request.partialFile);
  if (isExpected(file, digest)) return;
  await rm(request.partialFile, { force: true });
  if (resumed) return downloadChecked(file, request);
  throw unexpected(file, digest);
}

async function downloadCheckedText(file: PublishedFile, request: DownloadRequest): Promise<void> {
  const { partialFile, onProgress, bytes } = request;
  onProgress(0, bytes);
  const received = await downloadText(request);
  const digest = textDigest(file, received);
  if (!isExpected(file, digest)) throw unexpected(file, digest);
  await rm(partialFile, { recursive: true, force: true });
  await writeFile(partialFile, received);
  onProgress(bytes, bytes);
}

function unexpected({ sha256 }: PublishedFile, digest: string | undefined): DownloadError {
  return new DownloadError(`expected sha256 ${sha256.slice(0, 12)}…, got ${digest?.slice(0, 12) ?? 'no file'}…`);
}

async function digestOf(file: PublishedFile, path: string): Promise<string | undefined> {
  const digest = await fileDigest(path);
  return file.isText && digest !== undefined ? textDigest(file, await readFile(path)) : digest;
}

/** The digest of the bytes if it is the expected one, otherwise that of the normalized text. */
function textDigest(file: PublishedFile, bytes: Uint8Array): string {
  const exact = hash('sha256', bytes);
  return isExpected(file, exact) ? exact : hash('sha256', normalizedText(bytes));
}

function isExpected({ sha256 }: PublishedFile, digest: string | undefined): boolean {
  return sha256 === digest;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
