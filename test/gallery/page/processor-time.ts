import type { Page } from 'playwright-core';

/**
 * Starts to measure the processor time of the page's main thread: scripts, style, layout and painting. Other programs do not add to it.
 * @returns gives the time since then, ms
 */
export async function startProcessorTime(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const total = metrics.find(({ name }) => name === 'TaskDuration')?.value;
    if (total === undefined) throw new Error('the browser has no TaskDuration');
    return total * 1000;
  };
  const start = await read();
  return async () => (await read()) - start;
}
