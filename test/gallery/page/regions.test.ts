import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { inceptionBatch } from '../../support/cli.ts';
import { makeTinyDetector, tiles, writeTiles } from '../../support/region-photos.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { violations } from './axe.ts';
import { expectCount, openPage, patienceMs } from './open-page.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();
const sizes = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
const boxSchema = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });
const detailSchema = z.object({
  width: z.number(),
  height: z.number(),
  regions: z.array(boxSchema.extend({ region: z.number(), labelId: z.string() })),
});
const pageSchema = z.object({ images: z.array(z.object({ id: z.string(), key: z.string() })) });

describeWithChromium('the regions of images in the gallery', () => {
  let served: Served;
  let ids: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const [store, drop, plain] = [join(folder, 'store'), join(folder, 'drop'), join(folder, 'plain')];
    const model = await makeTinyDetector();
    const run = ['--model', model, '--store', store, '--json'];
    await writeTiles(drop, 6);
    await mkdir(plain);
    await writeFile(join(plain, 'plain.png'), await tiles(0));
    for (const args of [[drop, '--regions', '30'], [plain]]) {
      const { code, stderr } = await inceptionBatch(['run', ...args, ...run]);
      expect(code, stderr).toBe(0);
    }
    // The last file is overwritten by a picture of another shape.
    await sharp({ create: { width: 60, height: 90, channels: 3, background: '#408040' } })
      .png()
      .toFile(join(drop, 'tiles-005.png'));
    served = await startServe(['--store', store]);
    const answer = await fetch(`${served.url}api/images`).then((response) => response.json());
    ids = new Map(pageSchema.parse(answer).images.map(({ id, key }) => [key, id]));
  });
  afterAll(async () => {
    await served?.stop();
  });

  const detailOf = async (key: string) =>
    detailSchema.parse(await fetch(`${served.url}api/images/${ids.get(key)}`).then((response) => response.json()));

  async function opened({ context }: Chromium, path: string): Promise<Page> {
    const { page, errors } = await openPage(context, served.url, path);
    onTestFinished(async () => {
      await page.close();
      expect(errors).toEqual([]);
    });
    return page;
  }

  async function openedImage(chromium: Chromium, key: string, more = ''): Promise<Page> {
    const page = await opened(chromium, `?image=${ids.get(key)}${more}`);
    await page.locator('.detail .box').first().waitFor({ timeout: patienceMs });
    return page;
  }

  describe.each(['desktop', 'phone'] as const)('on a %s', (size) => {
    let chromium: Chromium;
    beforeAll(async () => {
      chromium = await startChromium(sizes[size]);
    });
    afterAll(() => chromium?.close());

    it('have boxes where the image shows them', async () => {
      const { width, height, regions } = await detailOf('tiles-000.png');
      expect(regions.length).toBeGreaterThan(1);
      const page = await openedImage(chromium, 'tiles-000.png');
      const picture = boxSchema.parse(await page.locator('.detail-picture img').boundingBox());
      expect(picture.width / picture.height).toBeCloseTo(width / height, 1);
      const drawn = await page.locator('.box').evaluateAll((boxes) =>
        boxes.map((box) => {
          const { x, y, width: across, height: down } = box.getBoundingClientRect();
          return { x, y, width: across, height: down };
        }),
      );
      const scale = picture.width / width;
      for (const { x, y, width: across, height: down } of regions) {
        const expected = {
          x: picture.x + x * scale,
          y: picture.y + y * scale,
          width: across * scale,
          height: down * scale,
        };
        const near = drawn.filter((box) => distance(box, expected) < 2);
        expect(near, JSON.stringify({ expected, drawn })).toHaveLength(1);
      }
    });

    it.each(['light', 'dark'] as const)('are accessible in %s colors, and fit the screen', async (colorScheme) => {
      const page = await openedImage(chromium, 'tiles-000.png', '&box=1');
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.getByRole('button', { name: 'Find similar regions' }).click();
      await page.locator('.similar-regions .tiles li').first().waitFor({ timeout: patienceMs });
      await page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>('.crop img')].every(({ naturalWidth }) => naturalWidth > 0),
      );
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(sizes[size].viewport.width);
      const { SCREENSHOTS: shots } = process.env;
      if (shots !== undefined) await page.screenshot({ path: join(shots, `regions-${size}-${colorScheme}.png`) });
      expect(await violations(page)).toEqual([]);
    });
  });

  describe('for the mouse and the keyboard', () => {
    let chromium: Chromium;
    beforeAll(async () => {
      chromium = await startChromium(sizes.desktop);
    });
    afterAll(() => chromium?.close());

    it('highlight each other in the picture and in the list', async () => {
      const page = await openedImage(chromium, 'tiles-000.png');
      const item = page.locator('button.region').nth(1);
      await item.hover();
      await page.locator('.outline').waitFor();
      expect(await page.locator('.box-label.active').textContent()).toBe(await item.textContent());
      await page.locator('#detail-title').hover();
      await page.locator('.outline').waitFor({ state: 'detached' });
      await page.locator('.box').last().hover();
      await page.locator('button.region.active').waitFor();
      await page.locator('#detail-title').hover();
      await page.getByLabel('Show boxes').focus();
      await page.keyboard.press('Tab');
      await page.locator('.outline').waitFor();
      expect(await page.locator('button.region').first().getAttribute('class')).toBe('region active');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.locator('button.region').first().getAttribute('aria-pressed')).toBe('true');
    });

    it('are selected in the address, by a click on the box or in the list', async () => {
      const page = await openedImage(chromium, 'tiles-000.png');
      const box = () => new URL(page.url()).searchParams.get('box');
      await page.locator('button.region').nth(1).click();
      expect(box()).toBe('2');
      await page.reload();
      await page.locator('.outline').waitFor({ timeout: patienceMs });
      expect(await page.locator('.box[aria-pressed=true]').count()).toBe(1);
      await page.locator('.box[aria-pressed=true]').click();
      expect(box()).toBeNull();
      await page.locator('.box').last().click();
      expect(box()).not.toBeNull();
      await page.getByRole('button', { name: 'Next image' }).click();
      await expect.poll(() => page.locator('#detail-title').textContent()).toBe('tiles-001.png');
      expect(box()).toBeNull();
    });

    it('are hidden by a checkbox, in the next image too', async () => {
      const page = await openedImage(chromium, 'tiles-000.png');
      await page.getByLabel('Show boxes').uncheck();
      expect(await page.locator('.box').count()).toBe(0);
      await page.getByRole('button', { name: 'Next image' }).click();
      await expect.poll(() => page.locator('#detail-title').textContent()).toBe('tiles-001.png');
      await page.locator('button.region').first().waitFor();
      expect(await page.locator('.box').count()).toBe(0);
      await page.getByLabel('Show boxes').check();
      await page.locator('.box').first().waitFor();
    });

    it('lead to the most similar regions, which open in their images', async () => {
      const page = await openedImage(chromium, 'tiles-000.png', '&box=1');
      await page.getByRole('button', { name: 'Find similar regions' }).click();
      const first = page.locator('.similar-regions .tiles a').first();
      await first.waitFor({ timeout: patienceMs });
      expect(await first.locator('.caption-file').textContent()).toMatch(/^similarity (1\.00|0\.\d\d)$/);
      const target = new URL((await first.getAttribute('href')) ?? '', served.url);
      expect(target.searchParams.get('image')).not.toBe(ids.get('tiles-000.png'));
      await first.click();
      await expect.poll(() => page.url()).toBe(target.href);
      await page.locator('.outline').waitFor({ timeout: patienceMs });
      // One step back closes the image.
      await page.locator('.detail-head').getByRole('button', { name: 'Close' }).click();
      await page.locator('dialog.detail').waitFor({ state: 'detached' });
    });

    it('filter the images by what they contain', async () => {
      const page = await openedImage(chromium, 'tiles-000.png', '&box=1');
      const { regions } = await detailOf('tiles-000.png');
      await page.getByRole('link', { name: /^Images with / }).click();
      await page.locator('dialog.detail').waitFor({ state: 'detached' });
      expect(new URL(page.url()).search).toBe(`?region=${regions[0]?.labelId}`);
      await expectCount(page, '6 images');
      await page.getByRole('button', { name: /Remove filter: region/ }).click();
      await expectCount(page, '7 images');
      await page.locator('.side .region-labels a').first().click();
      await expectCount(page, '6 images');
      await page.locator('a[data-index="1"]').click();
      await page.locator('.box.match').first().waitFor({ timeout: patienceMs });
      await page.goBack();
      await page.goBack();
      await expectCount(page, '7 images');
    });

    it('are reported if the address has none of their labels or numbers', async () => {
      const label = await opened(chromium, '?region=nothing');
      await label.getByText('No region in these results has the label “nothing”.').waitFor({ timeout: patienceMs });
      const alone = await opened(chromium, '?box=1');
      await alone.getByText('give the number of a region of the open image').waitFor();
      const page = await openedImage(chromium, 'tiles-000.png', '&box=900');
      await page.getByText('The image has no region 900.').waitFor();
    });

    it('have no boxes over a file of another shape, and images without regions look as before', async () => {
      const page = await opened(chromium, `?image=${ids.get('tiles-005.png')}`);
      await page.getByText(/^No boxes are drawn/).waitFor({ timeout: patienceMs });
      expect(await page.locator('.box').count()).toBe(0);
      const plain = await opened(chromium, '?job=plain');
      await plain.locator('a[data-index="0"]').click();
      await plain.locator('.detail .top-labels li').first().waitFor();
      expect(await plain.locator('.detail :is(.regions, .boxes, .boxed)').count()).toBe(0);
    });
  });

  it('are selected by touch on a phone', async () => {
    const chromium = await startChromium(sizes.phone);
    try {
      const { page, errors } = await openPage(chromium.context, served.url, `?image=${ids.get('tiles-000.png')}`);
      const box = page.locator('.box').last();
      await box.tap();
      await page.locator('.outline').waitFor();
      await page.getByRole('button', { name: 'Find similar regions' }).waitFor();
      await box.tap();
      await page.locator('.outline').waitFor({ state: 'detached' });
      const heights = await page
        .locator('button.region, .regions-head label')
        .evaluateAll((targets) => targets.map((target) => target.getBoundingClientRect().height));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
      expect(errors).toEqual([]);
    } finally {
      await chromium.close();
    }
  });
});

function distance(one: z.output<typeof boxSchema>, other: z.output<typeof boxSchema>): number {
  const { x, y, width, height } = one;
  return Math.max(
    ...[x - other.x, y - other.y, width - other.width, height - other.height].map((difference) => Math.abs(difference)),
  );
}
