/** What the runtime says of a batch that it could not compute. It knows of no object, so its text may be logged. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
