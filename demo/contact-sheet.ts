import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from './samples.ts';

const style = `
  :root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
  body { margin: 2rem; }
  section { display: grid; grid-template-columns: repeat(auto-fill, 84px); gap: 10px; }
  figure { margin: 0; width: 80px; border: 2px solid transparent; }
  figure.wrong { border-color: currentColor; }
  img { width: 80px; height: 80px; image-rendering: pixelated; object-fit: contain; background: #000; }
  figcaption { font-size: 11px; overflow-wrap: anywhere; }
`;

/**
 * A page of its own, images and all: every sample with the label that it was given; those that are wrong have a frame, and
 * say so.
 * @param folder that the keys are below
 */
export async function contactSheet(outcomes: readonly Outcome[], folder: string): Promise<string> {
  const right = outcomes.filter(({ isCorrect }) => isCorrect).length;
  const sections: string[] = [];
  for (const [name, own] of Map.groupBy(outcomes, (sample) => sample.name)) {
    const figures = await Promise.all(own.map((sample) => figure(sample, folder)));
    const hits = own.filter(({ isCorrect }) => isCorrect).length;
    sections.push(`<h2>${escaped(name)}: ${hits} of ${own.length} right</h2><section>${figures.join('')}</section>`);
  }
  const title = `${right} of ${outcomes.length} samples right`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}</style></head><body><h1>${title}</h1>
${sections.join('\n')}
</body></html>
`;
}

async function figure({ key, name, given, isCorrect }: Outcome, folder: string): Promise<string> {
  const bytes = await readFile(join(folder, key));
  const caption = isCorrect ? escaped(given) : `<strong>✗ ${escaped(given)}</strong>`;
  const kind = isCorrect ? '' : ' class="wrong"';
  const source = `data:image/png;base64,${bytes.toString('base64')}`;
  return `<figure${kind}><img src="${source}" alt="${escaped(name)}" title="${escaped(key)}"><figcaption>${caption}</figcaption></figure>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
