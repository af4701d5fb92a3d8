import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface OpenedPage {
  readonly page: Page;
  /** What went wrong in it, in the words of the browser. */
  readonly errors: string[];
  /** Addresses that it asked for which are not the server's. */
  readonly strangers: string[];
}

/** A new tab at the gallery, once its first pictures are there. */
export async function openPage(context: BrowserContext, url: string, path = ''): Promise<OpenedPage> {
  const page = await context.newPage();
  const errors: string[] = [];
  const strangers: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  // A picture that there is none of is an answer with a status of failure, which the browser reports.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/\/thumbnails\//.test(message.location().url)) errors.push(message.text());
  });
  page.on('request', (request) => {
    const asked = request.url();
    if (!asked.startsWith(url) && !asked.startsWith('blob:')) strangers.push(asked);
  });
  await page.goto(url + path);
  await page.locator('.count').waitFor();
  return { page, errors, strangers };
}

/** Waits until a picture in the grid has been drawn. */
export async function waitForPictures(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const pictures = [...document.querySelectorAll<HTMLImageElement>('.grid img')];
    return pictures.length > 5 && pictures.slice(0, 6).every((picture) => picture.naturalWidth > 0);
  });
}

/** The words of the status line. */
export async function expectCount(page: Page, text: string): Promise<void> {
  await expect.poll(() => page.locator('.count').textContent(), { timeout: 20_000 }).toBe(text);
}
