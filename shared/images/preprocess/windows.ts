import { Failure } from '../../failures/failure.ts';

/** Interleaved RGB, 8 bits per channel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** height × width × 3 bytes. */
  readonly data: Buffer;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size of an image after it was turned upright, and its format, see `DecodedImage`. */
export interface UprightImage extends Size {
  readonly format: string;
}

export interface Position {
  readonly left: number;
  readonly top: number;
}

export interface Region extends Position, Size {}

export function centerWindow(image: Size, window: Size): Position {
  return { left: (image.width - window.width) >> 1, top: (image.height - window.height) >> 1 };
}

/** Windows in the four corners and the center of an image. */
export function fiveWindows(image: Size, window: Size): readonly Position[] {
  const [right, bottom] = [image.width - window.width, image.height - window.height];
  return [
    { left: 0, top: 0 },
    { left: right, top: 0 },
    { left: 0, top: bottom },
    { left: right, top: bottom },
    centerWindow(image, window),
  ];
}

/** Copies windows of one size out of an image, one window after another. */
export function cutWindows(image: Pixels, windows: readonly Position[], window: Size): Buffer {
  const { width, height, data } = image;
  if (data.byteLength !== width * height * 3) {
    throw new Failure('corrupt', `expected ${width * height * 3} bytes of RGB after decoding, got ${data.byteLength}`);
  }
  const row = window.width * 3;
  const crops = Buffer.allocUnsafeSlow(windows.length * window.height * row);
  let offset = 0;
  for (const { left, top } of windows) {
    for (let y = top; y < top + window.height; y += 1) {
      const start = (y * width + left) * 3;
      offset += data.copy(crops, offset, start, start + row);
    }
  }
  return crops;
}
