import type { Box } from './region.ts';

/** A box as people write it. */
export const boxAdvice = 'the left edge, the upper edge, the width and the height in pixels: 40,30,200,150';

/** @param text `x,y,width,height` in whole pixels @returns undefined for another text, or a box without an area */
export function parseBox(text: string): Box | undefined {
  const [, ...numbers] = /^(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})$/.exec(text.replaceAll(' ', '')) ?? [];
  const [x, y, width = 0, height = 0] = numbers.map(Number);
  return x !== undefined && y !== undefined && width > 0 && height > 0 ? { x, y, width, height } : undefined;
}
