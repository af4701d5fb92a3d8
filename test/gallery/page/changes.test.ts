import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type RunCounts, startRunRecord } from '../../../jobs/progress/run-record.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { type GalleryStore, galleryStore } from '../../support/gallery-store.ts';
import { picture } from '../../support/photos.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { expectCount, openPage, patienceMs, waitForPictures } from './open-page.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();

describeWithChromium('the gallery while files, jobs and the server change', () => {
  let store: GalleryStore;
  let served: Served;
  let chromium: Chromium;
  beforeAll(async () => {
    store = await galleryStore(folder);
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (let job = 0; job < 40; job += 1)
      await store.add({ job: `job-${String(job).padStart(2, '0')}`, images: 3, at: hourAgo });
    served = await startServe(['--store', store.store]);
    chromium = await startChromium({ viewport: { width: 1280, height: 800 } });
  });
  afterAll(async () => {
    await chromium?.close();
    await served?.stop();
  });

  async function opened(path = ''): Promise<{ page: Page; errors: string[] }> {
    const { page, errors } = await openPage(chromium.context, served.url, path);
    onTestFinished(() => page.close());
    return { page, errors };
  }

  it('marks the tiles of overwritten and removed files, and no other', async () => {
    const first = await opened('?job=job-07');
    await expectCount(first.page, '3 images');
    expect(await first.page.locator('.mark').count()).toBe(0);
    // The files are links to pictures that several images share.
    const paths = ['000021', '000022'].map((name) => join(folder, 'drop/job-07', `${name}.jpg`));
    const [overwritten = '', removed = ''] = paths;
    await rm(overwritten);
    await writeFile(overwritten, await picture(40).jpeg().toBuffer());
    await rm(removed);
    const { page, errors } = await opened('?job=job-07');
    await expect
      .poll(() => page.locator('.mark').allTextContents(), { timeout: patienceMs })
      .toEqual(['overwritten', 'removed']);
    await page.locator('a[data-index="0"]').click();
    await expect
      .poll(() => page.locator('.facts, .detail .notice').allTextContents(), { timeout: patienceMs })
      .toEqual(expect.arrayContaining([expect.stringContaining('has changed')]));
    expect(errors).toEqual([]);
  });

  it('keeps the other filters in sight with 40 jobs, and finds one of them', async () => {
    const { page, errors } = await opened();
    await waitForPictures(page);
    const jobs = page.locator('.side .jobs li');
    await expect.poll(() => jobs.count(), { timeout: patienceMs }).toBe(4);
    const outcome = page.getByRole('heading', { name: 'Outcome' });
    const inSight = async () => ((await outcome.boundingBox())?.y ?? Number.POSITIVE_INFINITY) < 800;
    expect(await inSight()).toBe(true);
    const showAll = page.locator('.side').getByRole('button', { name: 'Show all 40 jobs' });
    await showAll.click();
    expect(await jobs.count()).toBe(40);
    expect(await inSight()).toBe(true);
    await page.getByRole('searchbox', { name: 'Find a job' }).fill('33');
    await expect.poll(() => jobs.count()).toBe(1);
    await jobs.locator('a').click();
    await expectCount(page, '3 images');
    await page.getByRole('button', { name: 'Show fewer jobs' }).click();
    // The selected job stays in the short list.
    expect(await jobs.allTextContents()).toEqual(expect.arrayContaining([expect.stringContaining('job-33')]));
    expect(errors).toEqual([]);
  });

  it('shows the share, the rate and the time left of a running local job, and that it stopped', async () => {
    const { page, errors } = await opened();
    const counts: RunCounts & { classified: number } = { total: 200, done: 0, classified: 0, rejected: 1 };
    const location = { bucket: store.store, prefix: '' };
    const names = { command: 'run', job: 'running now', source: join(folder, 'drop'), model: 'tiny@1' } as const;
    const run = await startRunRecord(new FolderStore(), location, { ...names, counts: () => counts, everyMs: 500 });
    const job = page.locator('.side .jobs a', { hasText: 'running now' });
    await expect.poll(() => job.textContent(), { timeout: patienceMs }).toContain('0 %: 1 of 200 images');
    counts.classified = 115;
    await expect
      .poll(() => job.textContent(), { timeout: patienceMs })
      .toMatch(/running.*58 %: 116 of 200 images.*\/s, \d+ s left/);
    const widths = () =>
      job.locator('.shares rect').evaluateAll((bars) => bars.map((bar) => bar.getAttribute('width')));
    // Pending behind, classified, rejected; the rows of the job are not stored yet.
    expect(await widths()).toEqual(['100', '58', '0']);
    await page.locator('nav.views a', { hasText: 'Overview' }).click();
    const row = page.locator('.page table tr', { hasText: 'running now' }).first();
    expect(await row.textContent()).toMatch(/84.*58 %/);
    await run.end(false);
    await expect.poll(() => job.textContent(), { timeout: patienceMs }).toContain('run it again to continue');
    expect(await job.locator('.stage').textContent()).toBe('stopped');
    expect(errors).toEqual([]);
  });

  it('says that the server is gone, and shows everything again when it is back', async () => {
    const { page } = await opened('?job=job-01');
    await expectCount(page, '3 images');
    const other = page.locator('.side .jobs a', { hasText: 'job-00' });
    await other.waitFor();
    const port = new URL(served.url).port;
    await served.stop();
    const notice = page.locator('.notice-area .notice');
    await expect.poll(() => notice.textContent(), { timeout: patienceMs }).toContain('The server does not respond');
    await other.click();
    await page.getByRole('heading', { name: 'The images cannot be shown' }).waitFor();
    expect(await page.locator('.tile.waiting').count()).toBe(0);
    served = await startServe(['--store', store.store, '--port', port]);
    await expect.poll(() => notice.count(), { timeout: patienceMs }).toBe(0);
    await page.locator('.grid img').first().waitFor({ timeout: patienceMs });
    await expectCount(page, '3 images');
  });
});
