import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'gallery.js': 'text/javascript; charset=utf-8',
  'gallery.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Output of `npm run build:page`: `dist/page` in the repository, next to the compiled sources in a package. */
const pageFolder = resolve(
  import.meta.dirname,
  import.meta.filename.endsWith('.ts') ? '../../dist/page' : '../../page',
);

/**
 * Reads the files of the page into memory.
 * @throws {UserError} if the page was not built
 */
export async function readPageFiles(folder = pageFolder): Promise<ReadonlyMap<string, PageFile>> {
  const read = Object.entries(types).map(async ([name, type]) => {
    const bytes = new Uint8Array(await readFile(join(folder, name)));
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    return [name, { bytes, type, etag }] as const;
  });
  return new Map(
    await Promise.all(read).catch((cause: unknown) => {
      if (errorCode(cause) !== 'ENOENT') throw cause;
      throw new UserError('the page is not built: run "npm run build:page" in the repository', { cause });
    }),
  );
}
