/** Why one address did not give the file; another one may. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}
