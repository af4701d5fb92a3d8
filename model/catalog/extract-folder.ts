import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UserError } from '../../shared/failures/user-error.ts';

/** An unpacked archive is held in memory. */
const maxBytes = 1 << 30;
const block = 512;

/**
 * Writes the files of one folder of a `.tgz` archive, such as a package of npm; its subfolders and links are left out.
 * @param folder inside the archive: `package/dist/models`
 * @param out an existing folder
 * @throws {UserError} if the archive is damaged, or has no such folder
 */
export async function extractFolder(archive: string, folder: string, out: string): Promise<void> {
  const bytes = await promisify(gunzip)(await readFile(archive), { maxOutputLength: maxBytes }).catch(
    (cause: unknown) => {
      throw new UserError(`the archive ${archive} is damaged: delete it, and it is downloaded again`, { cause });
    },
  );
  const files = filesOf(bytes, folder);
  if (files.length === 0) throw new UserError(`the archive ${archive} has no files in ${folder}`);
  for (const { name, content } of files) await writeFile(join(out, name), content);
}

/** The POSIX format: a header of 512 bytes before each file, whose content fills whole blocks. */
function filesOf(bytes: Uint8Array, folder: string): { readonly name: string; readonly content: Uint8Array }[] {
  const files: { name: string; content: Uint8Array }[] = [];
  for (let at = 0; at + block <= bytes.length; ) {
    const header = Buffer.from(bytes.buffer, bytes.byteOffset + at, block);
    const size = Number.parseInt(textOf(header, 124, 12) || '0', 8);
    if (!Number.isSafeInteger(size) || size < 0) break;
    const prefix = textOf(header, 345, 155);
    const path = prefix === '' ? textOf(header, 0, 100) : `${prefix}/${textOf(header, 0, 100)}`;
    const isFile = header[156] === 0 || header[156] === 0x30;
    const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
    if (isFile && /^[^/\\]+$/.test(name) && name !== '..') {
      files.push({ name, content: bytes.subarray(at + block, at + block + size) });
    }
    at += block + Math.ceil(size / block) * block;
  }
  return files;
}

function textOf(header: Buffer, start: number, length: number): string {
  const [text = ''] = header.toString('utf8', start, start + length).split('\0');
  return text.trim();
}
