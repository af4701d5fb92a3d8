/** A message that should tell of uploads and cannot be understood; the text says what was expected and what came. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}
