import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violationsSchema = z.array(z.object({ id: z.string(), nodes: z.array(z.string()) }));

/** Violations that axe-core finds, each with its elements. */
export async function violations(page: Page): Promise<z.output<typeof violationsSchema>> {
  await page.evaluate(axe);
  const report: unknown = await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>
       ({ id, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary) })))`,
  );
  return violationsSchema.parse(report);
}
