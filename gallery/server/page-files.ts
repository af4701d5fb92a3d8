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

/** Where `npm run build:page` puts the page: beside the compiled sources in a package, in `dist` of a repository. */
export const pageFolder = resolve(
  import.meta.dirname,
  import.meta.filename.endsWith('.ts') ? '../../dist/page' : '../../page',
);

/**
 * The files of the page, in memory.
 * @throws {UserError} where they were not built
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
      throw new UserError('the page is not built yet: "npm run build:page" in the repository builds it', { cause });
    }),
  );
}
