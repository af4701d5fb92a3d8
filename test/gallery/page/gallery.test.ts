import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type GalleryStore, galleryStore } from '../../support/gallery-store.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { expectCount, openPage, patienceMs, waitForPictures } from './open-page.ts';
import { startProcessorTime } from './processor-time.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();
const desktop = { viewport: { width: 1280, height: 800 } };

describeWithChromium('the gallery with 20,000 images', () => {
  let store: GalleryStore;
  let served: Served;
  let chromium: Chromium;
  beforeAll(async () => {
    store = await galleryStore(folder);
    const before = new Date(Date.now() - 3_600_000);
    await store.add({ job: 'large', images: 19_000, rejected: 100, at: before });
    await store.add({ job: 'small', images: 900, at: before });
    served = await startServe(['--store', store.store, '--model', store.model]);
    chromium = await startChromium(desktop);
  });
  afterAll(async () => {
    await chromium?.close();
    await served?.stop();
  });

  /** @param expected errors that the browser reports during the test, in order */
  async function opened(path = '', expected: readonly RegExp[] = []): Promise<Page> {
    const { page, errors, foreignRequests } = await openPage(chromium.context, served.url, path);
    onTestFinished(async () => {
      await page.close();
      expect(foreignRequests).toEqual([]);
      expect(errors).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    });
    return page;
  }

  it('shows the count and the first images within seconds', async () => {
    const started = performance.now();
    const page = await opened();
    await expectCount(page, '20,000 images');
    await waitForPictures(page);
    const ms = performance.now() - started;
    console.info(`first pictures of 20,000 images: ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(10_000);
  });

  it('sends no request to other hosts, and its Content Security Policy blocks them', async () => {
    const page = await opened('', [/Content Security Policy/, /Content Security Policy/]);
    await waitForPictures(page);
    const blockedBy = await page.evaluate(() =>
      Promise.race([
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
        }),
        fetch('https://example.com/').then(
          () => 'not blocked',
          () => new Promise(() => {}),
        ),
      ]),
    );
    expect(blockedBy).toBe('connect-src');
  });

  it('filters by label, job, outcome and text, and the Back button restores the previous filter', async () => {
    const page = await opened();
    await page.locator('.side .jobs a', { hasText: 'small' }).click();
    await expectCount(page, '900 images');
    expect(new URL(page.url()).search).toBe('?job=small');
    await page.locator('.side .bars a').first().click();
    const label = new URL(page.url()).searchParams.get('label') ?? '';
    const { count } = await page.evaluate(
      (name) => fetch(`/api/images?job=small&label=${encodeURIComponent(name)}`).then((response) => response.json()),
      label,
    );
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(900);
    await expectCount(page, `${count} images`);
    await page.goBack();
    await expectCount(page, '900 images');
    await page.goBack();
    await expectCount(page, '20,000 images');
    await page.locator('.choices a', { hasText: 'rejected' }).click();
    await expectCount(page, '100 images');
    await page.getByRole('button', { name: 'rejected' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('small/019105');
    await expectCount(page, '1 image');
    expect(await page.locator('.grid a.tile').count()).toBe(1);
    await page.reload();
    await expectCount(page, '1 image');
    expect(await page.locator('#search').inputValue()).toBe('small/019105');
  });

  it('works with the keyboard only', async () => {
    const page = await opened();
    await waitForPictures(page);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-index'));
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip');
    await page.keyboard.press('Enter');
    await expect
      .poll(async () => {
        if ((await focused()) === null) await page.keyboard.press('Tab');
        return focused();
      })
      .toBe('0');
    const columns = Number(await page.locator('.scroller').getAttribute('data-columns'));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe(String(columns + 1));
    await page.keyboard.press('Enter');
    await page.locator('dialog.detail[open] .top-labels li').first().waitFor();
    expect(await page.locator('.top-labels li').count()).toBe(4);
    await page.locator('.detail .tiles li').first().waitFor();
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => page.locator('#detail-title').textContent())
      .toBe(`${String(columns + 2).padStart(6, '0')}.jpg`);
    await page.keyboard.press('Escape');
    await page.locator('dialog.detail').waitFor({ state: 'detached' });
    await expect.poll(focused).toBe(String(columns + 2));
    await page.keyboard.press('End');
    await expect.poll(focused).toBe('19999');
    await page.keyboard.press('Home');
    await expect.poll(focused).toBe('0');
  });

  it('opens the neighbors of an image from a link, wherever they are', async () => {
    const page = await opened();
    // Far from the visible images, and across the border of two fetched pages.
    const { images } = await page.evaluate(() =>
      fetch('/api/images?offset=5999&limit=3').then((response) => response.json()),
    );
    const [first, second, third] = images;
    const linked = await opened(`?image=${encodeURIComponent(first.id)}`);
    const shown = (name: string) =>
      expect.poll(() => linked.locator('#detail-title').getAttribute('title'), { timeout: patienceMs }).toBe(name);
    await shown(first.key);
    for (const { key } of [second, third]) {
      await linked.locator('.detail-head button:has-text("Next image"):not([disabled])').click();
      await shown(key);
    }
    await linked.locator('.detail-head button:has-text("Previous image"):not([disabled])').click();
    await shown(second.key);
  });

  it('scrolls through all images smoothly, with few elements in the document', async () => {
    const page = await opened();
    await waitForPictures(page);
    const processorTime = await startProcessorTime(page);
    const measured = await page.evaluate(async () => {
      const scroller = document.querySelector('.scroller');
      if (scroller === null) throw new Error('no grid');
      const gaps: number[] = [];
      let maxElements = 0;
      let last = performance.now();
      const end = scroller.scrollHeight - scroller.clientHeight;
      // The pace of a mouse wheel first, then faster and faster.
      for (let step = 0, at = 0; at < end; step += 1) {
        at = Math.min(end, at + Math.min(4000, 60 + step * 8));
        scroller.scrollTop = at;
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        gaps.push(now - last);
        last = now;
        maxElements = Math.max(maxElements, document.querySelectorAll('*').length);
      }
      const sorted = gaps.toSorted((a, b) => a - b);
      const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
      return { frames: gaps.length, height: end, maxElements, median: at(0.5), p95: at(0.95), longest: at(1) };
    });
    const processorMsPerFrame = (await processorTime()) / measured.frames;
    console.info(`scrolling 20,000 images: ${JSON.stringify({ ...measured, processorMsPerFrame })}`);
    expect(measured.maxElements).toBeLessThan(2500);
    // The frames themselves are as late as other programs make them.
    expect(processorMsPerFrame).toBeLessThan(1000 / 60);
    await page.locator('.tile[data-index="19999"] img').waitFor();
    await expect
      .poll(() => page.locator('.tile[data-index="19999"] img').evaluate((img: HTMLImageElement) => img.naturalWidth), {
        timeout: patienceMs,
      })
      .toBeGreaterThan(0);
  });

  it('finds images similar to a dropped one', async () => {
    const page = await opened();
    const bytes = [...(await readFile(store.pictures[5] ?? ''))];
    await drop(page, 'mine.jpg', bytes);
    await page.getByRole('heading', { name: 'Similar to mine.jpg' }).waitFor();
    await page.locator('.search-results .tiles li').first().waitFor();
    const keys = await page.locator('.search-results .caption-file').allTextContents();
    expect(keys).toHaveLength(60);
    expect(keys[0]).toBe('similarity 1.00');
    expect(await page.locator('.query-image [role=status]').textContent()).toContain('Predicted label: tiny');
    await page.keyboard.press('Escape');
    await expectCount(page, '20,000 images');
  });

  it('reports why a dropped file is not an image', async () => {
    const page = await opened('', [/422/]);
    await drop(page, 'notes.jpg', [...Buffer.from('no picture at all')]);
    await expect.poll(() => page.locator('.search-results [role=alert]').textContent()).toContain('not an image');
  });

  it('shows new results of a running job without a reload', async () => {
    const page = await opened('?view=images');
    await expectCount(page, '20,000 images');
    await store.add({ job: 'running', images: 240, rejected: 10 });
    await expectCount(page, '20,250 images');
    const job = page.locator('.side .jobs a', { hasText: 'running' });
    expect(await job.textContent()).toMatch(/250 images, 10 rejected.*images\/s/);
    expect(await job.locator('.stage').textContent()).toBe('running');
  });
});

/** Drops a file on the page as a file manager would. */
async function drop(page: Page, name: string, bytes: number[]): Promise<void> {
  await page.evaluate(
    ({ name: fileName, bytes: content }) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(content)], fileName));
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      }
    },
    { name, bytes },
  );
}
