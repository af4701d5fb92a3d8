import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';

/** A path of the file system: bytes if a name in it is not UTF-8. */
export type FilePath = string | Buffer;

/** The escapes in a key: a byte from 80 to ff, or the backslash of a name that looks like an escape. */
const escaped = /\\x(5c|[89a-f][0-9a-f])/g;
/** A backslash of a name that would read as an escape. */
const ambiguous = /\\(?=x(?:5c|[89a-f][0-9a-f]))/g;

/** What Node puts in place of bytes that are not UTF-8. */
export const replacement = '\uFFFD';

/**
 * The text of a file name in a key. Only a backslash that would read as an escape is escaped, as `\x5c`, so that each name has
 * its own text.
 */
export function escapeName(name: string): string {
  return name.includes('\\x') ? name.replaceAll(ambiguous, '\\x5c') : name;
}

/** The same of the bytes of a name; each byte that is not UTF-8 becomes an escape, such as `\xff`. */
export function escapeNameBytes(name: Buffer): string {
  if (isUtf8(name)) return escapeName(name.toString());
  let text = '';
  let valid = 0;
  for (let at = 0; at < name.length; ) {
    const length = characterLength(name, at);
    if (length === 0) {
      text += `${escapeName(name.toString('utf8', valid, at))}\\x${name.toString('hex', at, at + 1)}`;
      valid = at + 1;
    }
    at += Math.max(1, length);
  }
  return text + escapeName(name.toString('utf8', valid));
}

/** The path of a key below a folder; undoes the escapes of its names. */
export function pathOfKey(folder: string, key: string): FilePath {
  if (!key.includes('\\x')) return join(folder, key);
  const bytes = unescapeBytes(key);
  return isUtf8(bytes) ? join(folder, bytes.toString()) : Buffer.concat([Buffer.from(`${folder}/`), bytes]);
}

/** The path of a name in a folder. */
export function joinName(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') return join(folder, name);
  return Buffer.concat([Buffer.from(folder), Buffer.from('/'), Buffer.from(name)]);
}

function unescapeBytes(key: string): Buffer {
  const parts: Buffer[] = [];
  let end = 0;
  for (const { 0: text, 1: hex = '', index } of key.matchAll(escaped)) {
    parts.push(Buffer.from(key.slice(end, index)), Buffer.from(hex, 'hex'));
    end = index + text.length;
  }
  parts.push(Buffer.from(key.slice(end)));
  return Buffer.concat(parts);
}

/** Bytes of the UTF-8 character that begins here; 0 if none does. */
function characterLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
