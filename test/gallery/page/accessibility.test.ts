import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GalleryStore, galleryStore } from '../../support/gallery-store.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { violations } from './axe.ts';
import { expectCount, openPage, waitForPictures } from './open-page.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();

const sizes = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
const schemes = ['light', 'dark'] as const;

/** Every view of the page, and how to open it. */
const views: Record<
  string,
  { path?: string; phone?: boolean; go?: (page: Page, store: GalleryStore) => Promise<void> }
> = {
  'the grid': { go: waitForPictures },
  'a filtered grid': { path: '?job=drop&min=0.3', go: waitForPictures },
  'an empty result': { path: '?text=nowhere' },
  'the detail of an image': {
    async go(page) {
      await page.locator('[data-index="3"]').click();
      await page.locator('.detail .tiles img').first().waitFor();
      await page.locator('.facts').waitFor();
    },
  },
  'the detail of a failure': {
    path: '?status=rejected',
    async go(page) {
      await page.locator('a[data-index="0"]').click();
      await page.locator('.detail .reason').waitFor();
    },
  },
  'the overview': {
    path: '?view=overview',
    async go(page) {
      await page.locator('.page .chart').waitFor();
      await page.locator('.page details summary').click();
    },
  },
  'the failures': { path: '?view=failures', go: (page) => page.locator('.failures li').first().waitFor() },
  'a search by image': {
    async go(page, store) {
      await page.setInputFiles('input[type=file]', store.pictures[2] ?? '');
      await page.locator('.search-results .tiles li').first().waitFor();
    },
  },
  'the filters on a phone': {
    phone: true,
    async go(page) {
      await page.getByRole('button', { name: 'Filters' }).click();
      await page.locator('.sheet .bars li').first().waitFor();
    },
  },
};

describeWithChromium('the accessibility of the gallery', () => {
  let store: GalleryStore;
  let served: Served;
  beforeAll(async () => {
    store = await galleryStore(folder);
    await store.add({ job: 'drop', images: 200, rejected: 5 });
    await store.add({ job: 'other', images: 30 });
    served = await startServe(['--store', store.store, '--model', store.model]);
  });
  afterAll(async () => {
    await served?.stop();
  });

  describe.each(['desktop', 'phone'] as const)('on a %s', (size) => {
    describe.each(schemes)('in %s colors', (colorScheme) => {
      let chromium: Chromium;
      beforeAll(async () => {
        chromium = await startChromium({ ...sizes[size], colorScheme, reducedMotion: 'reduce' });
      });
      afterAll(() => chromium?.close());

      const cases = Object.entries(views).filter(([, { phone }]) => phone !== true || size === 'phone');
      it.each(cases)('axe finds no violation in %s', async (_name, { path, go }) => {
        const { page } = await openPage(chromium.context, served.url, path);
        await go?.(page, store);
        expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(
          colorScheme === 'dark',
        );
        expect(await violations(page)).toEqual([]);
        await page.close();
      });
    });
  });

  it('fits the screen of a phone, with large targets, and works by touch', async () => {
    const chromium = await startChromium(sizes.phone);
    try {
      const { page, errors } = await openPage(chromium.context, served.url);
      await waitForPictures(page);
      const width = () => page.evaluate(() => document.documentElement.scrollWidth);
      expect(await width()).toBe(390);
      const heights = await page
        .locator('nav.views > *')
        .evaluateAll((links) => links.flatMap((link) => link.getBoundingClientRect().height || []));
      expect(Math.min(...heights.filter((height) => height > 1))).toBeGreaterThanOrEqual(44);
      await page.getByRole('button', { name: 'Filters' }).tap();
      await page.locator('.sheet .jobs a', { hasText: 'other' }).tap();
      await page.getByRole('button', { name: 'Show images' }).tap();
      await expectCount(page, '30 images');
      await page.locator('[data-index="2"]').tap();
      await page.locator('.detail .top-labels li').first().waitFor();
      expect(await width()).toBe(390);
      await page.getByRole('button', { name: 'Next image' }).tap();
      await page.getByRole('button', { name: 'Close' }).tap();
      await page.locator('dialog.detail').waitFor({ state: 'detached' });
      await page.locator('nav.views a', { hasText: 'Overview' }).tap();
      await page.locator('.page .chart').waitFor();
      expect(await width()).toBe(390);
      expect(errors).toEqual([]);
    } finally {
      await chromium.close();
    }
  });
});
