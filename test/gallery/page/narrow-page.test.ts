import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRunRecord } from '../../../jobs/progress/run-record.ts';
import { jobSourceKey } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { type GalleryStore, galleryStore } from '../../support/gallery-store.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { violations } from './axe.ts';
import { openPage, patienceMs, waitForPictures } from './open-page.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();
/** Screenshots are written to this folder, if it is set. */
const shots = process.env['SCREENSHOTS'];
const viewport = { width: 360, height: 740 };

/** Parts of the page that show progress, marks, long lists and messages, how to open them, and the elements to see. */
const views: Record<string, { path?: string; see: readonly string[]; go?: (page: Page) => Promise<void> }> = {
  'marks and model names on tiles': { path: '?job=photos', see: ['.mark', '.caption-file'], go: waitForPictures },
  'the results of two models': {
    path: '?job=photos&model=other',
    see: ['.others li', '.top-labels li'],
    go: (page) => page.locator('a[data-index="2"]').click(),
  },
  'the jobs with their folders and progress': {
    see: ['.sheet .job-location', '.sheet .stage.running', '.sheet .shares'],
    go: openFilters,
  },
  'all jobs in a bounded list': {
    see: ['.sheet .find', '.sheet .bounded.jobs'],
    async go(page) {
      await openFilters(page);
      await page
        .locator('.sheet')
        .getByRole('button', { name: /Show all \d+ jobs/ })
        .click();
    },
  },
  'the progress of jobs in the overview': { path: '?view=overview', see: ['.table-scroll', '.chart'] },
  'the parts of the address that are ignored': {
    path: `?status=lost&min=7&lable=${'long'.repeat(20)}`,
    see: ['.notice-area li', '.notice-area .button'],
  },
  'an unknown job': { path: `?job=${'no-such-job-'.repeat(8)}`, see: ['.notice-area .notice', '.notice-area .button'] },
  'a mistyped job': { path: '?job=photoss', see: ['.notice-area .button:has-text("Show job photos")'] },
};

async function openFilters(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.locator('.sheet .jobs li').first().waitFor();
}

describeWithChromium('the gallery on a screen 360 pixels wide', () => {
  let store: GalleryStore;
  let served: Served;
  let run: Awaited<ReturnType<typeof startRunRecord>>;
  beforeAll(async () => {
    store = await galleryStore(folder);
    const sources = { photos: '/home/someone/pictures/2019/photos', 'photos-2': '/home/someone/pictures/2020/photos' };
    await store.add({ job: 'photos', images: 24, rejected: 2 });
    await store.add({ job: 'photos-2', images: 6 });
    for (let job = 0; job < 16; job += 1) await store.add({ job: `job-${job}`, images: 1, at: new Date(2026, 1, 1) });
    await store.relabel({ model: 'other@0123456789ab', images: 12 });
    for (const [job, source] of Object.entries(sources)) {
      const path = join(store.store, jobSourceKey(job));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, JSON.stringify({ source }));
    }
    const counts = { total: 200, done: 0, classified: 115, rejected: 1 };
    const names = {
      command: 'run',
      job: 'a-job-that-runs-now',
      source: '/home/someone/inbox',
      model: 'tiny@1',
    } as const;
    run = await startRunRecord(
      new FolderStore(),
      { bucket: store.store, prefix: '' },
      { ...names, counts: () => counts },
    );
    await rm(join(folder, 'drop/photos/000001.jpg'));
    served = await startServe(['--store', store.store]);
  });
  afterAll(async () => {
    await served?.stop();
    await run?.end(false);
  });

  it('tells jobs of folders with the same name apart, and finds a job by its folder', async () => {
    const chromium = await startChromium({ viewport: { width: 1280, height: 800 } });
    try {
      const { page } = await openPage(chromium.context, served.url);
      const photos = page.locator('.side .jobs li', { hasText: 'photos' });
      await expect
        .poll(() => photos.locator('.job-location').allTextContents(), { timeout: patienceMs })
        .toEqual(expect.arrayContaining(['…/2019/photos', '…/2020/photos']));
      expect(await photos.locator('[title="/home/someone/pictures/2020/photos"]').count()).toBe(1);
      await page
        .locator('.side')
        .getByRole('button', { name: /Show all \d+ jobs/ })
        .click();
      await page.getByRole('searchbox', { name: 'Find a job' }).fill('2020/');
      await expect
        .poll(() => page.locator('.side .jobs .job-name').allTextContents())
        .toEqual([expect.stringContaining('photos-2')]);
    } finally {
      await chromium.close();
    }
  });

  it('names the model on the tile of an image with results of two, and shows the other result', async () => {
    const chromium = await startChromium({ viewport: { width: 1280, height: 800 } });
    try {
      const { page } = await openPage(chromium.context, served.url, '?job=photos');
      const caption = (index: number) => page.locator(`a[data-index="${index}"] .caption-file`).textContent();
      await page.locator('a[data-index="14"]').waitFor();
      expect([await caption(2), await caption(14)]).toEqual(['000002.jpg, other', '000014.jpg']);
      const { page: all } = await openPage(chromium.context, served.url);
      const first = all.locator('a[data-index="0"] .caption-file');
      await expect
        .poll(() => first.textContent(), { message: 'images of several jobs' })
        .toMatch(/, (photos|job-)[-\d]*$/);
      await all.close();
      await page.locator('a[data-index="2"]').click();
      await page.locator('.detail .result', { hasText: 'other label' }).waitFor();
      await page.locator('.others').getByRole('button', { name: 'tiny' }).click();
      await page.locator('.detail .result', { hasText: /^tiny \d/ }).waitFor();
      expect(await page.locator('.others li').textContent()).toMatch(/^other other label \d+ %$/);
      await page.keyboard.press('Escape');
      await page.locator('dialog.detail').waitFor({ state: 'detached' });
    } finally {
      await chromium.close();
    }
  });

  describe.each(['light', 'dark'] as const)('in %s colors', (colorScheme) => {
    let chromium: Chromium;
    beforeAll(async () => {
      const phone = { viewport, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
      chromium = await startChromium({ ...phone, colorScheme, reducedMotion: 'reduce' });
    });
    afterAll(() => chromium?.close());

    it.each(Object.entries(views))('%s fit the screen, are visible and accessible', async (name, view) => {
      const { page, errors } = await openPage(chromium.context, served.url, view.path);
      await view.go?.(page);
      for (const selector of view.see) {
        const element = page.locator(selector).first();
        await element.waitFor({ timeout: patienceMs });
        await element.scrollIntoViewIfNeeded();
        const box = await element.boundingBox();
        expect([selector, Math.floor(box?.x ?? -1) >= 0], JSON.stringify(box)).toEqual([selector, true]);
        expect((box?.x ?? 0) + (box?.width ?? 0), `the right edge of ${selector}`).toBeLessThanOrEqual(viewport.width);
        const shown = await sharp(await element.screenshot()).stats();
        expect([selector, shown.channels.some(({ stdev }) => stdev > 2)]).toEqual([selector, true]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
      if (shots !== undefined)
        await page.screenshot({ path: join(shots, `${name.replaceAll(' ', '-')}-${colorScheme}.png`) });
      expect(await violations(page)).toEqual([]);
      expect(errors).toEqual([]);
      await page.close();
    });
  });
});
