import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EpochRecord, epochRecordSchema } from '../../../../model/train/report/epoch-record.ts';
import { historyCsv } from '../../../../model/train/report/history-csv.ts';
import { plotHistory } from '../../../../model/train/report/plot-history.ts';
import { repository } from '../../../support/cli.ts';
import { historyOf } from './history.ts';

// Where images are decoded, everything but photo formats is blocked for the whole process.
const svgLoader = { operation: ['VipsForeignLoadSvg'] };
beforeAll(() => sharp.unblock(svgLoader));
afterAll(() => sharp.block(svgLoader));

const colors = { training: [154, 52, 18], validation: [29, 78, 216] } as const;

/** Number of pixels in the color of each line below the legend, in the left panel (loss) and the right one (accuracy). */
async function drawnPixels(svg: string): Promise<Record<keyof typeof colors, [number, number]>> {
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const found: Record<keyof typeof colors, [number, number]> = { training: [0, 0], validation: [0, 0] };
  for (const name of ['training', 'validation'] as const) {
    for (let pixel = 28 * info.width; pixel < info.width * info.height; pixel += 1) {
      const isLine = colors[name].every((value, channel) => value === data[pixel * info.channels + channel]);
      if (isLine) found[name][pixel % info.width < info.width / 2 ? 0 : 1] += 1;
    }
  }
  return found;
}

/** Numbers along the y axes. */
function axisNumbers(svg: string): number[] {
  return Array.from(svg.matchAll(/text-anchor="end">([^<]+)</g), ([, text]) => Number(text?.replace('−', '-')));
}

function epochNumbers(svg: string): string[] {
  return Array.from(svg.matchAll(/text-anchor="middle">(\d+)</g), ([, text]) => String(text));
}

/** One per panel, without validation. */
const legendMarks = 2;
const markCount = (svg: string) => svg.match(/<(circle|rect x)/g)?.length;
const pathsOf = (svg: string) => Array.from(svg.matchAll(/<path d="([^"]*)"/g), ([, path]) => String(path));

/** Parses a history in CSV. */
function readCsv(text: string): EpochRecord[] {
  const [head = '', ...lines] = text.trimEnd().split('\r\n');
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',').flatMap((cell, index) => (cell === '' ? [] : [[names[index], Number(cell)]]));
    return epochRecordSchema.parse(Object.fromEntries(cells));
  });
}

describe('plotHistory', () => {
  it('draws both lines in both panels on a white background', async () => {
    const svg = plotHistory(historyOf([2, 1, 0.5], [1.5, 0.9, 0.6]), 'Training of bars');
    const { training, validation } = await drawnPixels(svg);
    // A solid line has about 700 pixels; a dashed, slanted, antialiased line has fewer.
    for (const pixels of [...training, ...validation]) expect(pixels).toBeGreaterThan(100);
    const corner = await sharp(Buffer.from(svg)).extract({ left: 0, top: 0, width: 1, height: 1 }).raw().toBuffer();
    expect([...corner.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it('omits the validation line and its legend without held-out images', async () => {
    const svg = plotHistory(historyOf([2, 1, 0.5]), 'Training of bars');
    const { training, validation } = await drawnPixels(svg);
    expect([Math.min(...training) > 100, validation]).toEqual([true, [0, 0]]);
    expect(svg).not.toContain('validation');
  });

  it.each([
    { name: 'an accuracy near 1', history: historyOf([0.2]) },
    { name: 'an accuracy near 0', history: historyOf([6]) },
    { name: 'a constant loss', history: historyOf([0, 0, 0]) },
  ])('shows a single value, $name, on axes limited to possible values', async ({ history }) => {
    const svg = plotHistory(history, 'Training of bars');
    const numbers = axisNumbers(svg);
    const second = numbers.findIndex((number, index) => index > 0 && number < (numbers[index - 1] ?? 0));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers.slice(second))).toBeLessThanOrEqual(1);
    expect(epochNumbers(svg)).toEqual(history.length === 1 ? ['1', '1'] : expect.arrayContaining(['1', '2', '3']));
    expect(Math.min(...(await drawnPixels(svg)).training)).toBeGreaterThan(0);
  });

  it('leaves a gap at a value that is NaN', () => {
    const [whole] = pathsOf(plotHistory(historyOf([2, 1.5, 1, 0.7, 0.5]), 'Training of bars'));
    const svg = plotHistory(historyOf([2, 1.5, Number.NaN, 0.7, 0.5]), 'Training of bars');
    expect([whole?.match(/M/g)?.length, pathsOf(svg).map((path) => path.match(/M/g)?.length)]).toEqual([1, [2, 2]]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(markCount(svg)).toBe(4 + 4 + legendMarks);
  });

  it('marks only some of hundreds of epochs, and the last', () => {
    const losses = Array.from({ length: 300 }, (_, index) => 2 / (index + 1));
    const svg = plotHistory(historyOf(losses), 'Training of bars');
    expect(markCount(svg)).toBe(25 + 25 + legendMarks);
    expect(svg).toContain('<rect x="401.5"');
    expect(pathsOf(svg)[0]?.match(/L/g)).toHaveLength(299);
  });

  it('draws empty axes before the end of the first epoch', () => {
    const svg = plotHistory([], 'Training of bars');
    expect([pathsOf(svg), axisNumbers(svg)]).toEqual([[], [0, 0.2, 0.4, 0.6, 0.8, 1, 0, 0.2, 0.4, 0.6, 0.8, 1]]);
  });

  it('escapes its title', async () => {
    const svg = plotHistory(historyOf([1]), 'cats & "dogs" <both>');
    expect(svg).toContain('<title>cats &amp; &quot;dogs&quot; &lt;both></title>');
    expect((await sharp(Buffer.from(svg)).metadata()).format).toBe('svg');
  });

  it('reproduces the plot of the demo model from its history', async () => {
    const readDemo = (name: string) => readFile(join(repository, 'demo/fashion-mnist', name), 'utf8');
    const history = readCsv(await readDemo('history.csv'));
    expect(history).toHaveLength(60);
    expect(plotHistory(history, 'Training of fashion-mnist')).toBe(await readDemo('history.svg'));
  });
});

describe('historyCsv', () => {
  it('has a header line and one line per epoch, with empty fields for missing values', () => {
    const [, without] = historyOf([2, 1]);
    const history = [...historyOf([2], [1.5]), ...(without === undefined ? [] : [without])];
    const lines = historyCsv(history).split('\r\n');
    expect(lines).toEqual([
      'epoch,updates,learningRate,loss,accuracy,validationLoss,validationAccuracy,seconds,imagesPerSecond',
      `1,100,0.1,2,${Math.exp(-2)},1.5,${Math.exp(-1.5)},12.5,256`,
      `2,200,0.1,1,${Math.exp(-1)},,,12.5,256`,
      '',
    ]);
  });

  it('is parsed back without loss', () => {
    const history = historyOf([2.25, 1 / 3, 1e-7], [1, 0.5]);
    expect(readCsv(historyCsv(history))).toEqual(history);
  });
});

describe('epochRecordSchema', () => {
  it('parses its JSON without loss, with and without validation', () => {
    const history = historyOf([2, 1], [1.5]);
    expect(epochRecordSchema.array().parse(JSON.parse(JSON.stringify(history)))).toEqual(history);
  });

  it.each([
    { field: 'loss', value: null },
    { field: 'epoch', value: 1.5 },
    { field: 'updates', value: -1 },
    { field: 'validationLoss', value: '0.4' },
  ])('rejects $field $value', ({ field, value }) => {
    const [record] = historyOf([2], [1.5]);
    const outcome = epochRecordSchema.safeParse({ ...record, [field]: value });
    expect(outcome.error?.issues.map(({ path }) => path)).toEqual([[field]]);
  });
});
