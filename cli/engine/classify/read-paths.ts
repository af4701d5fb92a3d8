import { UserError } from '../../../shared/failures/user-error.ts';

/** The longest path that Linux takes has 4,096 bytes. */
const maxLength = 8192;
const advice = 'give a path on each line, as "find . -type f" prints them, or an image by its path';

/**
 * The paths of a text, each as soon as it is complete: one on each line, or separated by NUL. Empty lines are skipped.
 * @throws {UserError} if the text is not a list of paths, or is empty
 */
export async function* readPaths(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let separator: '\0' | '\n' | undefined;
  let rest = '';
  let count = 0;
  for await (const chunk of chunks) {
    rest += decode(decoder, chunk);
    separator ??= rest.includes('\0') ? '\0' : rest.includes('\n') ? '\n' : undefined;
    const complete = separator === undefined ? [] : rest.split(separator);
    rest = complete.pop() ?? rest;
    for (const text of [...complete, rest]) check(text, separator);
    for (const path of pathsOf(complete, separator)) {
      count += 1;
      yield path;
    }
  }
  rest += decode(decoder);
  check(rest, separator);
  for (const path of pathsOf([rest], separator)) {
    count += 1;
    yield path;
  }
  if (count === 0) throw new UserError(`standard input is empty: ${advice}`);
}

function pathsOf(texts: readonly string[], separator: string | undefined): string[] {
  const paths = separator === '\0' ? texts : texts.map((text) => text.replace(/\r$/, ''));
  return paths.filter((path) => path !== '');
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new UserError(`standard input is not a list of paths, but binary: ${advice}`, { cause });
  }
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
