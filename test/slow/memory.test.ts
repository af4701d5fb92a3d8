import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { processEnvironment } from '../../lambdas/ingest/config.ts';
import { jsonLines, repository } from '../support/cli.ts';
import { picture } from '../support/photos.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const sampleSchema = z.object({ images: z.number(), resident: z.number() });

// Many sizes and formats, and some broken files, so that allocations vary in size.
for (let number = 0; number < 60; number += 1) {
  const image = picture(number, { width: 200 + 37 * (number % 20), height: 150 + 53 * (number % 7) });
  const encoded = [
    image.jpeg(),
    image.jpeg({ progressive: true }),
    image.png(),
    image.webp(),
    image.tiff(),
    image.gif(),
  ];
  const bytes = (await encoded[number % encoded.length]?.toBuffer()) ?? Buffer.alloc(0);
  await writeFile(join(folder, `${number}.jpg`), number % 15 === 14 ? bytes.subarray(0, bytes.length >> 1) : bytes);
}

describe('the memory of an ingesting process', () => {
  it('differs by less than 10 % after 2,000 and after 6,000 images', async () => {
    const script = join(repository, 'test/support/ingest-many.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, folder, '6000'], {
      env: { ...process.env, ...processEnvironment },
    });
    const samples = jsonLines(stdout).map((line) => sampleSchema.parse(line));
    console.table(samples.map(({ images, resident }) => ({ images, 'resident MiB': Math.round(resident / 2 ** 20) })));
    // Sixteen threads need more than a thousand images until each has used its memory.
    const [first, last] = [samples[1], samples.at(-1)];
    expect([first?.images, last?.images]).toEqual([2000, 6000]);
    expect((last?.resident ?? 0) / (first?.resident ?? 0)).toBeLessThan(1.1);
  });
});
