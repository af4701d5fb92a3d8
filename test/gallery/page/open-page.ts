import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface OpenedPage {
  readonly page: Page;
  /** Errors that the browser reports. */
  readonly errors: string[];
  /** Requests to other hosts. */
  readonly foreignRequests: string[];
}

/** Only ends what hangs: a busy machine stays below it. */
export const patienceMs = 120_000;

/** Opens the gallery in a new tab and waits for the status line. */
export async function openPage(context: BrowserContext, url: string, path = ''): Promise<OpenedPage> {
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const errors: string[] = [];
  const foreignRequests: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  // Missing thumbnails have an error status, which the browser reports: that is expected.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/\/thumbnails\//.test(message.location().url)) errors.push(message.text());
  });
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !address.startsWith('blob:')) foreignRequests.push(address);
  });
  await page.goto(url + path);
  await page.locator('.count').waitFor();
  return { page, errors, foreignRequests };
}

/** Waits until the first pictures of the grid are loaded. */
export async function waitForPictures(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const pictures = [...document.querySelectorAll<HTMLImageElement>('.grid img')];
    return pictures.length > 5 && pictures.slice(0, 6).every((picture) => picture.naturalWidth > 0);
  });
}

/** Waits for a text in the status line. */
export async function expectCount(page: Page, text: string): Promise<void> {
  await expect.poll(() => page.locator('.count').textContent(), { timeout: patienceMs }).toBe(text);
}
