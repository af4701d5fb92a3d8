import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { DownloadError } from './download-error.ts';
import { downloadFile, type Timeouts } from './download-file.ts';
import { fileDigest } from './file-digest.ts';
import type { PublishedModel } from './published-models.ts';

export interface PullOptions {
  /** Folder that keeps the files; made where there is none. */
  readonly cacheFolder: string;
  /** An address to use instead of the public ones: a mirror of one's own. */
  readonly url?: string | undefined;
  readonly timeouts?: Timeouts;
  /** Called while bytes arrive, with how many of how many there are. */
  readonly onProgress?: (received: number, bytes: number) => void;
}

export interface PullResult {
  /** The file, whose digest is right. */
  readonly path: string;
  /** Where it came from; undefined when it was there already. */
  readonly url: string | undefined;
}

const defaultPatience: Timeouts = { answerMs: 15_000, idleMs: 30_000 };

/**
 * Gets a published network into the cache folder: nothing is fetched when it is there with the right digest. Addresses
 * are tried in order, and each goes on where the one before it, or an earlier attempt, was cut off. The file appears
 * under its name only when it is whole and right.
 * @throws {UserError} when every address failed, saying where to put the file by hand; or the folder cannot be written.
 */
export async function pullModel(model: PublishedModel, options: PullOptions): Promise<PullResult> {
  const { cacheFolder, url: mirror, timeouts = defaultPatience, onProgress = () => {} } = options;
  const path = join(cacheFolder, model.file);
  await makeFolder(cacheFolder);
  const present = await fileDigest(path);
  if (present === model.sha256) return { path, url: undefined };
  const part = `${path}.part`;
  const failures = present === undefined ? [] : [`the file that is there has sha256 ${present.slice(0, 12)}…`];
  for (const url of mirror === undefined ? model.urls : [mirror]) {
    try {
      await fetchChecked({ model, url, part, timeouts, onProgress: (received) => onProgress(received, model.bytes) });
      await rename(part, path);
      return { path, url };
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      failures.push(`${hostOf(url)}: ${error.message}`);
    }
  }
  throw new UserError(
    `${model.file} could not be downloaded (${failures.join('; ')}): fetch it elsewhere and put it at ${path}`,
  );
}

interface CheckedFetch {
  readonly model: PublishedModel;
  readonly url: string;
  readonly part: string;
  readonly timeouts: Timeouts;
  readonly onProgress: (received: number) => void;
}

/** Wrong bytes are deleted; where their beginning was there before, the address is given a chance of its own. */
async function fetchChecked({ model, url, part, timeouts, onProgress }: CheckedFetch): Promise<void> {
  const { resumed } = await downloadFile({ url, part, bytes: model.bytes, timeouts, onProgress });
  const digest = await fileDigest(part);
  if (digest === model.sha256) return;
  await rm(part, { force: true });
  if (resumed) return fetchChecked({ model, url, part, timeouts, onProgress });
  throw new DownloadError(`expected sha256 ${model.sha256.slice(0, 12)}…, got ${digest?.slice(0, 12) ?? 'no file'}…`);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new UserError(`the cache folder ${folder} cannot be made in ${dirname(folder)}: set XDG_CACHE_HOME`, {
      cause,
    });
  });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
