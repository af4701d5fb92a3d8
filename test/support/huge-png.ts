import { pngFile } from './formats/png-file.ts';

/** An RGB PNG whose header declares the given size, with almost no pixels. */
export function hugePng(width: number, height: number): Buffer {
  return pngFile({ width, height, bits: 8, color: 2 }, [Buffer.alloc(999)]);
}
