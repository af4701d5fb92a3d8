import sharp, { type OverlayOptions, type Sharp } from 'sharp';

/** Three patches of different colors and sizes on a gray ground, 400 × 300. */
export function patchScene(): Sharp {
  const patch = (width: number, height: number, background: string, left: number, top: number): OverlayOptions => ({
    input: { create: { width, height, channels: 3, background } },
    left,
    top,
  });
  return sharp({ create: { width: 400, height: 300, channels: 3, background: '#808080' } }).composite([
    patch(120, 90, '#c03030', 40, 60),
    patch(80, 160, '#3050c0', 220, 100),
    patch(50, 40, '#30a040', 320, 30),
  ]);
}
