import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type GalleryStore, galleryStore } from '../../support/gallery-store.ts';
import { type Served, startServe } from '../../support/serve.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { expectCount, openPage, patienceMs, waitForPictures } from './open-page.ts';
import { type Chromium, describeWithChromium, startChromium } from './with-chromium.ts';

const folder = temporaryFolder();

describeWithChromium('the history of the browser', () => {
  let store: GalleryStore;
  let served: Served;
  let chromium: Chromium;
  beforeAll(async () => {
    store = await galleryStore(folder);
    await store.add({ job: 'one', images: 30, rejected: 2 });
    served = await startServe(['--store', store.store]);
    chromium = await startChromium({ viewport: { width: 1280, height: 800 } });
  });
  afterAll(async () => {
    await chromium?.close();
    await served?.stop();
  });

  async function opened(path = '', expected: readonly RegExp[] = []): Promise<Page> {
    const { page, errors } = await openPage(chromium.context, served.url, path);
    onTestFinished(async () => {
      await page.close();
      expect(errors).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    });
    return page;
  }

  const detail = (page: Page) => page.locator('dialog.detail');
  const entries = (page: Page) => page.evaluate(() => history.length);
  const open = async (page: Page, index: number) => {
    await page.locator(`a[data-index="${index}"]`).click();
    await detail(page).locator('.facts').waitFor();
  };
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('data-index'));

  it('one press of Back leaves the page after seven images were opened and closed', async () => {
    const page = await opened();
    await waitForPictures(page);
    const before = await entries(page);
    const ways = [
      () => page.keyboard.press('Escape'),
      () => page.getByRole('button', { name: 'Close' }).click(),
      () => page.mouse.click(5, 5),
      () => page.goBack(),
    ];
    for (let image = 0; image < 7; image += 1) {
      await open(page, image);
      await ways[image % ways.length]?.();
      await detail(page).waitFor({ state: 'detached' });
      await expect.poll(() => focused(page)).toBe(String(image));
      expect(new URL(page.url()).search).toBe('');
    }
    expect(await entries(page)).toBe(before + 1);
    await page.goBack();
    expect(page.url()).toBe('about:blank');
  });

  it('Back closes an image after its neighbors and similar images were shown, and Forward opens the last one', async () => {
    const page = await opened('?job=one');
    await open(page, 3);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.locator('#detail-title').textContent()).toBe('000004.jpg');
    await detail(page).locator('.tiles a').first().click();
    await expect.poll(() => page.locator('#detail-title').textContent()).not.toBe('000004.jpg');
    const last = new URL(page.url()).searchParams.get('image');
    await page.goBack();
    await detail(page).waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?job=one');
    await page.goForward();
    await detail(page).waitFor();
    expect(new URL(page.url()).searchParams.get('image')).toBe(last);
    await page.keyboard.press('Escape');
    await detail(page).waitFor({ state: 'detached' });
    await page.goBack();
    expect(page.url()).toBe('about:blank');
  });

  it('an image from a link closes without leaving the page, also after a reload', async () => {
    const first = await opened();
    await open(first, 2);
    const link = new URL(first.url()).search;
    await first.reload();
    await detail(first).locator('.facts').waitFor();
    await first.keyboard.press('Escape');
    await detail(first).waitFor({ state: 'detached' });
    expect(new URL(first.url()).search).toBe('');
    const page = await opened(link);
    await detail(page).locator('.facts').waitFor();
    await page.keyboard.press('Escape');
    await detail(page).waitFor({ state: 'detached' });
    await expectCount(page, '32 images');
    await page.goBack();
    expect(page.url()).toBe('about:blank');
  });

  it('an image that is not in the results is reported, with a way back', async () => {
    const page = await opened('?image=0123456789abcdef', [/404/]);
    await detail(page).getByRole('heading', { name: 'No such image' }).waitFor();
    await detail(page).getByRole('button', { name: 'Show the images' }).click();
    await detail(page).waitFor({ state: 'detached' });
    await expectCount(page, '32 images');
    expect(new URL(page.url()).search).toBe('');
  });

  it.each([
    ['?image=unknown', ['image=unknown: not the id of an image'], ''],
    ['?min=7&job=one', ['min=7: give a number from 0 to 1'], '?job=one'],
    [
      '?status=lost&sort=up',
      ['status=lost: give classified, rejected or deleted', 'sort=up: give key, probability, -probability or time'],
      '',
    ],
    ['?label=a%00b', [/^label=a.b: give at most 500 characters, without NUL$/], ''],
    ['?view=map', ['view=map: give images, overview, failures'], ''],
    ['?lable=tench', [/^lable=tench: unknown filter; the filters are .*label/], ''],
    [`?text=${'a'.repeat(501)}`, [`text=${'a'.repeat(35)}…: give at most 500 characters, without NUL`], ''],
    ['#/jobs/one', ['#/jobs/one: unknown part of the address'], ''],
  ])('%s shows all images, says what is wrong and removes it', async (path, lines, left) => {
    const page = await opened(path);
    await expectCount(page, '32 images');
    const notice = page.locator('.notice-area .notice');
    expect(await notice.locator('li').allTextContents()).toEqual(
      lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
    );
    await notice.getByRole('button', { name: lines.length === 1 ? 'Remove it' : 'Remove them' }).click();
    await notice.waitFor({ state: 'detached' });
    const { search, hash } = new URL(page.url());
    expect([search, hash]).toEqual([left, '']);
  });

  it('an address with an empty fragment is the grid', async () => {
    const page = await opened('#/');
    await expectCount(page, '32 images');
    expect(await page.locator('.notice-area .notice').count()).toBe(0);
  });

  it.each([
    ['job=nope', 'These results have no job “nope”.'],
    ['label=nope', 'No image in these results has the label “nope”.'],
    ['model=nope', 'These results have no model “nope”.'],
    ['reason=nope', 'No image in these results was rejected with the reason “nope”.'],
  ])('?%s is named as unknown in every view, and removed alone', async (filter, sentence) => {
    for (const view of ['', '&view=overview', '&view=failures']) {
      const page = await opened(`?${filter}&min=0${view}`);
      const notice = page.locator('.notice-area .notice');
      await notice.waitFor();
      expect(await notice.locator('p').allTextContents()).toEqual([sentence]);
      await notice.getByRole('button', { name: 'Remove the filter' }).click();
      await notice.waitFor({ state: 'detached' });
      expect(new URL(page.url()).search).toBe(`?min=0${view}`);
    }
  });

  it('a mistyped job is corrected by a button, and known filters without a match are no mistake', async () => {
    const page = await opened('?job=onee');
    await page.getByRole('button', { name: 'Show job one' }).click();
    await expectCount(page, '32 images');
    expect(new URL(page.url()).search).toBe('?job=one');
    const other = await opened('?job=one&text=nowhere');
    await other.getByRole('heading', { name: 'No matches' }).waitFor();
    expect(await other.locator('.notice-area .notice').count()).toBe(0);
    await other.getByRole('button', { name: 'Clear filters' }).first().click();
    await expectCount(other, '32 images');
  });

  it('an unknown path has a link to the gallery', async () => {
    const page = await opened('', [/404/]);
    await page.goto(`${served.url}images/7`);
    await page.getByRole('link', { name: 'Open the gallery' }).click();
    await expectCount(page, '32 images');
  });

  it('explains how to switch the search by image on when serve has no model', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Search by image is off' }).click();
    const note = page.locator('dialog.note');
    expect(await note.locator('code').textContent()).toContain(
      `serve --store ${store.store} --model <name or directory>`,
    );
    await expect.poll(() => note.locator('p').textContent(), { timeout: patienceMs }).toContain('tiny@');
    await page.keyboard.press('Escape');
    await expect.poll(() => note.isVisible(), { timeout: patienceMs }).toBe(false);
    expect(await page.locator('input[type=file]').count()).toBe(0);
  });
});
