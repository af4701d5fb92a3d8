import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { manifestFile } from '../../shared/models/model-directory.ts';
import { makeTinyModel } from './make-tiny-model.ts';
import type { TinyModelOptions } from './tiny-model.ts';

/** A tiny model that knows background: it labels gray as nothing, white as `t3`. */
export async function makeTinyDetector(options?: TinyModelOptions): Promise<string> {
  const folder = await makeTinyModel(options);
  const path = join(folder, manifestFile);
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  manifest.labels[0] = { id: 'background', name: 'background' };
  manifest.backgroundLabel = 'background';
  await writeFile(path, JSON.stringify(manifest));
  return folder;
}

/** White tiles on gray at places that differ for each number. */
export function tiles(number: number, { width = 160, height = 120 } = {}): Promise<Buffer> {
  const places = [
    { left: 10 + ((number * 7) % 30), top: 12 + ((number * 5) % 40), width: 40, height: 36 },
    { left: 96 + ((number * 3) % 20), top: 20 + ((number * 11) % 30), width: 32, height: 52 },
  ];
  const tile = ({ width: across, height: down }: { width: number; height: number }) =>
    ({ create: { width: across, height: down, channels: 3, background: 'white' } }) as const;
  return sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .composite(places.map((place) => ({ input: tile(place), left: place.left, top: place.top })))
    .png()
    .toBuffer();
}

/** Creates a folder with `tiles-000.png`, `tiles-001.png`, … and returns their names. */
export async function writeTiles(folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = Array.from({ length: count }, (_, number) => `tiles-${String(number).padStart(3, '0')}.png`);
  for (const [number, name] of names.entries()) await writeFile(join(folder, name), await tiles(number));
  return names;
}
