import { afterExtensions, isImageDescriptor } from './gif-blocks.ts';

/** Position on the screen and size in pixels, see `gifFrame`. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A GIF's first frame, which may be smaller than its screen (GIF89a, sections 18 to 20).
 * @returns undefined if the file has no frame or ends before it
 */
export function gifFrame(bytes: Buffer): GifFrame | undefined {
  const at = afterExtensions(bytes);
  if (!isImageDescriptor(bytes, at) || at + 9 > bytes.length) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => bytes.readUInt16LE(at + offset));
  return { left: left ?? 0, top: top ?? 0, width: width ?? 0, height: height ?? 0 };
}
