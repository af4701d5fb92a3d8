import { isUtf8 } from 'node:buffer';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { FilePath } from '../../../shared/stores/local/file-name.ts';

/** The longest path that Linux takes has 4,096 bytes. */
const maxLength = 8192;
const advice = 'give a path on each line, as "find . -type f" prints them, or an image by its path';

/**
 * The paths of a text, each as soon as it is complete: one on each line, or separated by NUL. Empty lines are skipped. A path
 * that is not UTF-8 is given as bytes.
 * @throws {UserError} if the text is not a list of paths, or is empty
 */
export async function* readPaths(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FilePath> {
  let separator: '\0' | '\n' | undefined;
  // A character for each byte, so that a path that is not UTF-8 affects no other.
  let rest = '';
  let isFirst = true;
  let count = 0;
  for await (const chunk of chunks) {
    rest += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    if (isFirst && rest.length >= mark.length) {
      rest = withoutMark(rest);
      isFirst = false;
    }
    separator ??= rest.includes('\0') ? '\0' : rest.includes('\n') ? '\n' : undefined;
    const complete = separator === undefined ? [] : rest.split(separator);
    rest = complete.pop() ?? rest;
    for (const text of [...complete, rest]) check(text, separator);
    checkNames(complete, rest);
    if (separator === '\0' && complete.length > 1 && complete.every((name) => name === '')) throw binary();
    for (const path of pathsOf(complete, separator)) {
      count += 1;
      yield path;
    }
  }
  checkNames([rest]);
  for (const path of pathsOf([withoutMark(rest)], separator)) {
    count += 1;
    yield path;
  }
  if (count === 0) throw new UserError(`standard input is empty: ${advice}`);
}

/** The mark at the start of a UTF-8 text, which editors of Windows write. */
const mark = '\u00ef\u00bb\u00bf';

function withoutMark(text: string): string {
  return text.startsWith(mark) ? text.slice(mark.length) : text;
}

function pathsOf(texts: readonly string[], separator: string | undefined): FilePath[] {
  const paths = separator === '\0' ? texts : texts.map((text) => text.replace(/\r$/, ''));
  return paths.filter((path) => path !== '').map(pathOf);
}

function pathOf(text: string): FilePath {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : bytes;
}

/**
 * Names in an older encoding have no control characters, and UTF-16 begins with a mark of its own.
 * @param rest what may be the start of a name
 */
function checkNames(names: readonly string[], rest = ''): void {
  const odd = names.filter((name) => !isUtf8(Buffer.from(name, 'latin1')));
  const isUtf16 = odd.some((name) => /^(\xff\xfe|\xfe\xff)/.test(name));
  if (isUtf16 || (odd.length > 0 && [...names, rest].some(hasControl))) {
    throw binary();
  }
}

function binary(): UserError {
  return new UserError(`standard input is not a list of paths, but binary: ${advice}`);
}

function hasControl(name: string): boolean {
  return Buffer.from(name, 'latin1').some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0d);
}

function check(text: string, separator: string | undefined): void {
  if (text.length > maxLength) {
    throw new UserError(
      `standard input is not a list of paths: a line has more than ${maxLength} characters; ${advice}`,
    );
  }
  if (separator === '\n' && text.includes('\0')) {
    throw new UserError(`standard input is not a list of paths: it has NUL between lines; ${advice}`);
  }
}
