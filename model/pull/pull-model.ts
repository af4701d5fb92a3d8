import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem } from '../../shared/stores/local/file-failure.ts';
import { DownloadError } from './download-error.ts';
import { type DownloadRequest, downloadFile, type Timeouts } from './download-file.ts';
import { fileDigest } from './file-digest.ts';
import type { PublishedModel } from './published-models.ts';

export interface PullOptions {
  /** Folder of the downloaded files. It is created if it is missing. */
  readonly cacheFolder: string;
  /** An address to use instead of the public ones, such as your own mirror. */
  readonly url?: string | undefined;
  readonly timeouts?: Timeouts;
  /** Called with the number of received bytes and the size of the file. */
  readonly onProgress?: (received: number, bytes: number) => void;
}

export interface PullResult {
  /** Path of the file with the expected digest. */
  readonly path: string;
  /** Address it was downloaded from; undefined if it was already in the cache. */
  readonly url: string | undefined;
}

const defaultPatience: Timeouts = { answerMs: 15_000, idleMs: 30_000 };

/**
 * Downloads a published network into the cache folder, unless a file with the expected digest is already there.
 * Addresses are tried in order. Each download resumes where the previous one was interrupted. The file gets its final
 * name only when it is complete and its digest matches.
 * @throws {UserError} if every address fails (with the path for a manual download), or the folder cannot be written
 */
export async function pullModel(model: PublishedModel, options: PullOptions): Promise<PullResult> {
  const { cacheFolder, url: mirror, timeouts = defaultPatience, onProgress = () => {} } = options;
  const path = join(cacheFolder, model.file);
  await createFolder(cacheFolder);
  const digest = await fileDigest(path);
  if (digest === model.sha256) return { path, url: undefined };
  const partialFile = `${path}.part`;
  const failures = digest === undefined ? [] : [`the existing file has sha256 ${digest.slice(0, 12)}…`];
  const progress = (received: number) => onProgress(received, model.bytes);
  for (const url of mirror === undefined ? model.urls : [mirror]) {
    try {
      await downloadChecked({ model, url, partialFile, timeouts, onProgress: progress });
      await rename(partialFile, path);
      return { path, url };
    } catch (error) {
      const problem = diskProblem(error);
      if (problem !== undefined) throw new UserError(`${path} cannot be written: ${problem}`, { cause: error });
      if (!(error instanceof DownloadError)) throw error;
      failures.push(`${hostOf(url)}: ${error.message}`);
    }
  }
  throw new UserError(
    `${model.file} could not be downloaded (${failures.join('; ')}): download it elsewhere and save it as ${path}`,
  );
}

type CheckedDownload = Omit<DownloadRequest, 'bytes'> & { readonly model: PublishedModel };

/** Deletes wrong bytes. If they were resumed from an earlier download, the address is tried again from the start. */
async function downloadChecked({ model, ...request }: CheckedDownload): Promise<void> {
  const { resumed } = await downloadFile({ ...request, bytes: model.bytes });
  const digest = await fileDigest(request.partialFile);
  if (digest === model.sha256) return;
  await rm(request.partialFile, { force: true });
  if (resumed) return downloadChecked({ model, ...request });
  throw new DownloadError(`expected sha256 ${model.sha256.slice(0, 12)}…, got ${digest?.slice(0, 12) ?? 'no file'}…`);
}

async function createFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new UserError(`cannot create the cache folder ${folder}: set XDG_CACHE_HOME to a writable folder`, { cause });
  });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
