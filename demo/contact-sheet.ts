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
 * A self-contained page of all samples with their predicted labels; wrong predictions are framed and marked.
 * @param folder the folder of the keys
 */
export async function contactSheet(outcomes: readonly Outcome[], folder: string): Promise<string> {
  const correct = outcomes.filter(({ isCorrect }) => isCorrect).length;
  const sections: string[] = [];
  for (const [name, samples] of Map.groupBy(outcomes, (sample) => sample.name)) {
    const figures = await Promise.all(samples.map((sample) => figure(sample, folder)));
    const hits = samples.filter(({ isCorrect }) => isCorrect).length;
    sections.push(
      `<h2>${escaped(name)}: ${hits} of ${samples.length} correct</h2><section>${figures.join('')}</section>`,
    );
  }
  const title = `${correct} of ${outcomes.length} samples correct`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}</style></head><body><h1>${title}</h1>
${sections.join('\n')}
</body></html>
`;
}

async function figure({ key, name, predicted, isCorrect }: Outcome, folder: string): Promise<string> {
  const bytes = await readFile(join(folder, key));
  const caption = isCorrect ? escaped(predicted) : `<strong>✗ ${escaped(predicted)}</strong>`;
  const kind = isCorrect ? '' : ' class="wrong"';
  const source = `data:image/png;base64,${bytes.toString('base64')}`;
  return `<figure${kind}><img src="${source}" alt="${escaped(name)}" title="${escaped(key)}"><figcaption>${caption}</figcaption></figure>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
