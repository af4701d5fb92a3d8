import { Failure, type FailureReason } from './failure.ts';

// libvips says what went wrong in prose only; these are the words of its loaders, most telling first.
const signs: readonly (readonly [RegExp, FailureReason])[] = [
  [/unsupported image format/i, 'not_an_image'],
  [/premature end|unexpected end|end of file|read error|unable to parse image|bad seek/i, 'truncated'],
];

/** What libvips threw while it read an image, as a typed failure of the content. */
export function decodeFailure(cause: unknown): Failure {
  const text = cause instanceof Error ? cause.message : String(cause);
  const reason = signs.find(([sign]) => sign.test(text))?.[1] ?? 'corrupt';
  const [line = text] = text.split('\n');
  return new Failure(reason, line.slice(0, 200), { cause });
}
