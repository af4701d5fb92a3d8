import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

const problems: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder: remove it',
  EACCES: 'cannot be read: permission denied (EACCES): let this user read it, or remove it',
  EPERM: 'cannot be read: permission denied (EPERM): let this user read it, or remove it',
};

/**
 * SHA-256 of a file as 64 hexadecimal digits; undefined if the file is missing.
 * @throws {UserError} if the path is a folder, or a file that cannot be read
 */
export async function fileDigest(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    const code = errorCode(cause) ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const problem = problems[code];
    throw problem === undefined ? cause : new UserError(`${path} ${problem}`, { cause });
  }
  return hash.digest('hex');
}
