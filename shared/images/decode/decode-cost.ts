import type { Metadata } from 'sharp';

export function expectedDecodeSeconds(_bytes: Uint8Array, { width, height }: Metadata): number {
  return (width * height) / 30e6;
}
