/** The runtime's message about a batch that failed. It names no object, so it may be logged. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
