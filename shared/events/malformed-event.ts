/** A message that cannot be parsed as upload events. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}
