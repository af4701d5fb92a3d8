import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { z } from 'zod';
import type { Picture } from '../../shared/regions/color-spaces.ts';
import type { Box } from '../../shared/regions/region.ts';
import { workingSize } from '../../shared/regions/working-size.ts';
import { type Corners, photoBoxes } from './photo-boxes.ts';

/** A picture at working size, with the boxes of its objects in its pixels. */
export interface Example {
  readonly name: string;
  readonly picture: Picture;
  readonly objects: readonly Box[];
}

const boxesSchema = z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])));

interface Subset {
  /** Use only the first photos. */
  readonly count?: number | undefined;
}

/** The photos of raccoons. @param options.scale of the photos, before they are scaled to working size */
export async function raccoons(
  folder: string,
  { mirrored = false, scale = 1, count }: Subset & { mirrored?: boolean; scale?: number } = {},
): Promise<Example[]> {
  return Promise.all(
    Object.entries(await raccoonBoxes(folder))
      .slice(0, count)
      .map(async ([name, boxes]) => {
        const file = join(folder, 'regions', name);
        const { width, height } = await sharp(file).metadata();
        const scaled = sharp(file).resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' });
        const shares = boxes.map((box) => sharesOf(box, width, height));
        if (!mirrored) return exampleOf(name, scaled, shares);
        const flipped = shares.map(([left, top, right, bottom]): Corners => [1 - right, top, 1 - left, bottom]);
        return exampleOf(name, scaled.flop(), flipped);
      }),
  );
}

/** Photos of many kinds of objects, with boxes that were drawn by hand. */
export async function everydayPhotos(folder: string, { count }: Subset = {}): Promise<Example[]> {
  return Promise.all(
    Object.entries(photoBoxes)
      .slice(0, count)
      .map(([name, boxes]) =>
        exampleOf(
          name,
          sharp(join(folder, 'photos', name)),
          boxes.map((box) => sharesOf(box, 100, 100)),
        ),
      ),
  );
}

/** Raccoons as soft ellipses on other photos: a sixth, a third and a half of the shorter side. */
export async function pastedRaccoons(folder: string, { count }: Subset = {}): Promise<Example[]> {
  const backgrounds = Object.keys(photoBoxes);
  const [width, height] = [300, 225];
  return Promise.all(
    Object.entries(await raccoonBoxes(folder))
      .slice(0, count)
      .map(async ([name, [box]], index) => {
        if (!box) throw new Error(`${name} has no box`);
        const [left, top, right, bottom] = box;
        const longer = (height * ([1 / 6, 1 / 3, 1 / 2][index % 3] ?? 1)) / Math.max(right - left, bottom - top);
        const size = { width: Math.round((right - left) * longer), height: Math.round((bottom - top) * longer) };
        const object = await sharp(join(folder, 'regions', name))
          .extract({ left, top, width: right - left, height: bottom - top })
          .resize({ ...size, fit: 'fill' })
          .composite([{ input: ellipseMask(size), raw: { ...size, channels: 4 }, blend: 'dest-in' }])
          .png()
          .toBuffer();
        const x = Math.round((width - size.width) * (((index * 37) % 100) / 100));
        const y = Math.round((height - size.height) * (((index * 61) % 100) / 100));
        const background = sharp(join(folder, 'photos', backgrounds[index % backgrounds.length] ?? ''));
        const composed = background
          .resize(width, height, { fit: 'cover' })
          .composite([{ input: object, left: x, top: y }]);
        const shares = sharesOf([x, y, x + size.width, y + size.height], width, height);
        return exampleOf(name, sharp(await composed.png().toBuffer()), [shares]);
      }),
  );
}

/** Four photos in a grid: each is an object. */
export async function photoGrids(folder: string, { count = 15 }: Subset = {}): Promise<Example[]> {
  const names = Object.keys(photoBoxes);
  const corners = [0, 1, 2, 3].map((tile): Corners => {
    const [left, top] = [(tile % 2) / 2, (tile >> 1) / 2];
    return [left, top, left + 0.5, top + 0.5];
  });
  return Promise.all(
    names.slice(0, count).map(async (name, index) => {
      const tiles = corners.map(async ([left, top], tile) => {
        const file = join(folder, 'photos', names[(index + tile * 11) % names.length] ?? '');
        const input = await sharp(file).resize(150, 112, { fit: 'cover' }).removeAlpha().png().toBuffer();
        return { input, left: left * 300, top: top * 224 };
      });
      const background = sharp({ create: { width: 300, height: 224, channels: 3, background: 'black' } });
      const composed = background.composite(await Promise.all(tiles));
      return exampleOf(name, sharp(await composed.png().toBuffer()), corners);
    }),
  );
}

async function raccoonBoxes(folder: string) {
  return boxesSchema.parse(JSON.parse(await readFile(join(folder, 'regions/boxes.json'), 'utf8')));
}

/**
 * RGBA: opaque inside the ellipse that touches the sides, with a soft edge of a pixel. Raw pixels, because decoders of this
 * project block sharp's SVG loader in the whole process.
 */
function ellipseMask({ width, height }: { width: number; height: number }): Buffer {
  const mask = Buffer.alloc(width * height * 4);
  const [radiusX, radiusY] = [width / 2, height / 2];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const distance = Math.hypot((x + 0.5 - radiusX) / radiusX, (y + 0.5 - radiusY) / radiusY);
      const inside = (1 - distance) * Math.min(radiusX, radiusY) + 0.5;
      mask[(y * width + x) * 4 + 3] = Math.round(255 * Math.min(1, Math.max(0, inside)));
    }
  }
  return mask;
}

function sharesOf([left, top, right, bottom]: Corners, width: number, height: number): Corners {
  return [left / width, top / height, right / width, bottom / height];
}

/** @param shares boxes as shares of the width and the height */
async function exampleOf(name: string, image: Sharp, shares: readonly Corners[]): Promise<Example> {
  const { data: upright, info } = await image
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: 3 as const };
  const { width, height } = workingSize(info);
  const pixels = new Uint8Array(await sharp(upright, { raw }).resize(width, height, { fit: 'fill' }).raw().toBuffer());
  const objects = shares.map(([left, top, right, bottom]) => ({
    x: left * width,
    y: top * height,
    width: (right - left) * width,
    height: (bottom - top) * height,
  }));
  return { name, picture: { pixels, width, height }, objects };
}
