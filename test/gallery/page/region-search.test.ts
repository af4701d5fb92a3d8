import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { inceptionBatch } from '../../support/cli.ts';
import { makeTinyDetector, writeTiles } from '../../support/region-photos.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { violations } from './axe.ts';
import { openPage, patienceMs } from './open-page.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();
const sizes = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
const pageSchema = z.object({ images: z.array(z.object({ id: z.string(), key: z.string() })) });
const boxSchema = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

describeWithChromium('a search in the regions of images', () => {
  let served: Served;
  let ids: ReadonlyMap<string, string>;
  const drop = join(folder, 'drop');
  beforeAll(async () => {
    const store = join(folder, 'store');
    const model = await makeTinyDetector();
    await writeTiles(drop, 4);
    const { code, stderr } = await inceptionBatch([
      'run',
      drop,
      '--regions',
      '30',
      '--model',
      model,
      '--store',
      store,
      '--json',
    ]);
    expect(code, stderr).toBe(0);
    await rm(join(drop, 'tiles-003.png'));
    served = await startServe(['--store', store, '--model', model]);
    const answer = await fetch(`${served.url}api/images`).then((response) => response.json());
    ids = new Map(pageSchema.parse(answer).images.map(({ id, key }) => [key, id]));
  });
  afterAll(async () => {
    await served?.stop();
  });

  async function opened({ context }: Chromium, path = '', expected: readonly unknown[] = []): Promise<Page> {
    const { page, errors } = await openPage(context, served.url, path);
    onTestFinished(async () => {
      await page.close();
      expect(errors).toEqual(expected);
    });
    return page;
  }

  async function searched(chromium: Chromium, errors: readonly unknown[] = []): Promise<Page> {
    const page = await opened(chromium, '', errors);
    await page.setInputFiles('input[type=file]', join(drop, 'tiles-001.png'));
    await page.locator('.search-results .tiles li').first().waitFor();
    await page.getByLabel('Regions of images').check();
    await page.locator('.search-results .crop').first().waitFor();
    return page;
  }

  const statusOf = (page: Page) => page.locator('.query-image [role=status]').textContent();
  const waitForPart = (page: Page) => page.getByText('Predicted label of the part').waitFor();

  describe.each(['desktop', 'phone'] as const)('on a %s', (size) => {
    let chromium: Chromium;
    beforeAll(async () => {
      chromium = await startChromium(sizes[size]);
    });
    afterAll(() => chromium?.close());

    it('starts from the part of a dropped image that is drawn on it', async () => {
      const page = await searched(chromium);
      expect(await statusOf(page)).toMatch(/^\d+ similar regions\. Predicted label: /);
      const { x, y, width, height } = boxSchema.parse(await page.locator('.query-picture').boundingBox());
      const asked = page.waitForRequest(/similar-regions\?box=/);
      await page.mouse.move(x + width * 0.75, y + height * 0.75);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.25, y + height * 0.5, { steps: 3 });
      await page.mouse.up();
      const drawn = new URL((await asked).url()).searchParams.get('box')?.split(',').map(Number) ?? [];
      // The picture has 160 × 120 pixels; the mouse has whole pixels of the screen.
      for (const [index, expected] of [40, 60, 80, 30].entries()) {
        expect(Math.abs((drawn[index] ?? Number.NaN) - expected), String(drawn)).toBeLessThanOrEqual(2);
      }
      await waitForPart(page);
      expect(await page.locator('.query-picture .outline').count()).toBe(1);
      await page.getByRole('button', { name: 'Search for the whole picture' }).click();
      await page.locator('.query-picture .outline').waitFor({ state: 'detached' });
      await page.getByLabel('Images', { exact: true }).check();
      await page.locator('.query-picture').waitFor({ state: 'detached' });
      expect(await statusOf(page)).toMatch(/^\d similar images\. /);
    });

    it.each(['light', 'dark'] as const)('is accessible in %s colors, and fits the screen', async (colorScheme) => {
      const page = await searched(chromium);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.getByText('Give the box in pixels').click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(sizes[size].viewport.width);
      expect(await violations(page)).toEqual([]);
    });
  });

  describe('with the keyboard', () => {
    let chromium: Chromium;
    beforeAll(async () => {
      chromium = await startChromium(sizes.desktop);
    });
    afterAll(() => chromium?.close());

    it('starts from a part that is given in pixels, and says what is wrong with it', async () => {
      const page = await searched(chromium, [expect.stringContaining('409')]);
      await page.getByText('Give the box in pixels').press('Enter');
      for (const [name, value] of Object.entries({ Left: '10', Top: '20', Width: '30', Height: '40' })) {
        await page.getByLabel(name, { exact: true }).fill(value);
      }
      await page.getByLabel('Height', { exact: true }).press('Enter');
      await waitForPart(page);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('height');
      await page.getByLabel('Width', { exact: true }).fill('500');
      await page.getByLabel('Width', { exact: true }).press('Enter');
      const alert = page.locator('.search-results').getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toBe('box 10,20,500,40 is not inside the image, which has 160 × 120 pixels');
      await page.getByRole('button', { name: 'Search for the whole picture' }).press('Enter');
      await alert.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Similar to tiles-001.png');
    });

    it('has the focus on its results, where the button that started it was', async () => {
      const page = await opened(chromium, `?image=${ids.get('tiles-000.png')}&box=1`);
      await page.getByRole('button', { name: 'Find similar regions' }).press('Enter');
      await page.locator('.similar-regions .tiles li').first().waitFor({ timeout: patienceMs });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Similar regions');
    });

    it('shows labels that do not cover each other, inside the picture', async () => {
      const page = await opened(chromium, `?image=${ids.get('tiles-000.png')}`);
      await page.locator('.box-label').first().waitFor({ timeout: patienceMs });
      const [picture, ...labels] = await page.locator('.boxes, .box-label').evaluateAll((elements) =>
        elements.map((element) => {
          const { left, top, right, bottom } = element.getBoundingClientRect();
          return { left, top, right, bottom };
        }),
      );
      expect(labels.length).toBeGreaterThan(1);
      for (const [index, one] of labels.entries()) {
        expect(one.left).toBeGreaterThanOrEqual((picture?.left ?? 0) - 0.5);
        expect(one.bottom).toBeLessThanOrEqual((picture?.bottom ?? 0) + 0.5);
        for (const other of labels.slice(index + 1)) {
          const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
          const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
          expect(Math.min(across, down), JSON.stringify({ one, other })).toBeLessThanOrEqual(0.5);
        }
      }
    });

    it('draws no boxes if the file is missing', async () => {
      const page = await opened(chromium, `?image=${ids.get('tiles-003.png')}`);
      await page.getByText(/^No boxes are drawn/).waitFor({ timeout: patienceMs });
      expect(await page.locator('.box').count()).toBe(0);
    });
  });

  it('is next to the picture on a phone, whichever way the region is selected', async () => {
    const chromium = await startChromium(sizes.phone);
    onTestFinished(() => chromium.close());
    const page = await opened(chromium, `?image=${ids.get('tiles-000.png')}`);
    const item = page.locator('button.region').last();
    await item.tap();
    await page.locator('.selected-first').getByRole('button', { name: 'Find similar regions' }).waitFor();
    await expect
      .poll(() => page.locator('.detail-picture').evaluate((element) => element.getBoundingClientRect().bottom))
      .toBeGreaterThan(100);
    const tops = await page
      .locator('.selected-first, .regions > ol')
      .evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().top));
    expect(tops[0]).toBeLessThan(tops[1] ?? 0);
    await item.tap();
    await page.locator('.selected-first').waitFor({ state: 'detached' });
  });
});
