import { pngFile } from './formats/png-file.ts';

/** A PNG whose header claims the given size in RGB and that holds next to nothing. */
export function hugePng(width: number, height: number): Buffer {
  return pngFile({ width, height, bits: 8, colour: 2 }, [Buffer.alloc(999)]);
}
