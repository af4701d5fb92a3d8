import { createInflate } from 'node:zlib';

/**
 * Whether deflated data has an end and the checksum of its content. Bytes behind it are allowed. The content is not kept.
 * @param maxBytes of the content
 */
export async function inflates(data: Uint8Array, maxBytes: number): Promise<boolean> {
  const inflate = createInflate();
  inflate.end(data);
  let bytes = 0;
  try {
    for await (const part of inflate) {
      bytes += part.length;
      if (bytes > maxBytes) return false;
    }
  } catch {
    return false;
  }
  return true;
}
