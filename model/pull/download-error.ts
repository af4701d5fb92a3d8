/** Why the download from one address failed. Another address can still work. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}
