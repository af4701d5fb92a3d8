import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { EpochRecord } from './epoch-record.ts';

interface Series {
  readonly name: string;
  /** Dashes and marks distinguish the lines as well, not color alone. */
  readonly dash: string;
  readonly color: string;
  readonly value: (record: EpochRecord) => number | undefined;
}

interface Panel {
  readonly title: string;
  /** Minimum and maximum of possible values, which the axis does not exceed. */
  readonly bounds: readonly [number, number];
  readonly series: readonly [Series, Series];
}

const size = { width: 420, height: 300 };
const margin = { left: 52, right: 16, top: 34, bottom: 44 };
const training = { name: 'training', dash: '5 3', color: '#9a3412' };
const validation = { name: 'validation', dash: 'none', color: '#1d4ed8' };

const panels: readonly Panel[] = [
  {
    title: 'loss, nats',
    bounds: [0, Number.POSITIVE_INFINITY],
    series: [
      { ...training, value: ({ loss }) => loss },
      { ...validation, value: ({ validationLoss }) => validationLoss },
    ],
  },
  {
    title: 'accuracy',
    bounds: [0, 1],
    series: [
      { ...training, value: ({ accuracy }) => accuracy },
      { ...validation, value: ({ validationAccuracy }) => validationAccuracy },
    ],
  },
];

/** More marks would hide the line and its dashes. */
const maxMarks = 25;

/**
 * Plots loss and accuracy by epoch as an SVG document with two panels. A missing or non-finite value is a gap.
 * @param history epochs in order
 */
export function plotHistory(history: readonly EpochRecord[], title: string): string {
  const width = size.width * panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${size.height}" width="${width}" height="${size.height}" `,
    `role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="12" fill="#111827">`,
    `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="#ffffff"/>`,
    ...panels.map((panel, index) => `<g transform="translate(${index * size.width} 0)">${plot(panel, history)}</g>`),
    '</svg>\n',
  ].join('');
}

function plot({ title, bounds, series }: Panel, history: readonly EpochRecord[]): string {
  const measured = series
    .map(({ value, ...style }) => ({
      ...style,
      points: history.map((record): [number, number] => [record.epoch, value(record) ?? Number.NaN]),
    }))
    .filter(({ points }) => points.some(isMeasured));
  const values = measured.flatMap(({ points }) => points.filter(isMeasured).map(([, value]) => value));
  const last = history.at(-1)?.epoch ?? 1;
  const x = scaleLinear(last > 1 ? [1, last] : [0.5, 1.5], [margin.left, size.width - margin.right]);
  const y = scaleLinear(range(values, bounds), [size.height - margin.bottom, margin.top]).nice();
  const path = line()
    .defined(isMeasured)
    .x(([epoch]) => x(epoch))
    .y(([, value]) => y(value));
  const lines = measured.map(({ points, dash, color }) => {
    const marks = thinned(points.filter(isMeasured)).map(([epoch, value]) =>
      mark(dash === 'none', x(epoch), y(value), color),
    );
    return `<path d="${path(points) ?? ''}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>${marks.join('')}`;
  });
  return [
    `<text x="${margin.left}" y="20" font-weight="600">${title}</text>`,
    axes(x, y),
    ...lines,
    ...measured.map(({ name, dash, color }, index) => legend(name, dash, color, size.width - 220 + index * 100)),
  ].join('');
}

function isMeasured([, value]: [number, number]): boolean {
  return Number.isFinite(value);
}

/** The range of the axis; a single value gets a margin. */
function range(values: readonly number[], [min, max]: Panel['bounds']): [number, number] {
  if (values.length === 0) return [0, 1];
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  if (highest > lowest) return [lowest, highest];
  return [Math.max(lowest - 0.5, min), Math.min(highest + 0.5, max)];
}

/** At most `maxMarks` evenly spaced points, with the last one. */
function thinned<Point>(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / maxMarks);
  return points.filter((_, index) => (points.length - 1 - index) % every === 0);
}

function mark(isRound: boolean, x: number, y: number, color: string): string {
  if (isRound) return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${color}"/>`;
  return `<rect x="${(x - 2.5).toFixed(1)}" y="${(y - 2.5).toFixed(1)}" width="5" height="5" fill="${color}"/>`;
}

function axes(x: ScaleLinear<number, number>, y: ScaleLinear<number, number>): string {
  const bottom = size.height - margin.bottom;
  const across = x.ticks(8).filter(Number.isInteger);
  const named = y.tickFormat(5);
  return [
    ...y.ticks(5).map((value) => {
      const at = y(value).toFixed(1);
      const grid = `<line x1="${margin.left}" x2="${size.width - margin.right}" y1="${at}" y2="${at}" stroke="#d1d5db"/>`;
      return `${grid}<text x="${margin.left - 8}" y="${at}" dy="0.35em" text-anchor="end">${named(value)}</text>`;
    }),
    ...across.map(
      (epoch) => `<text x="${x(epoch).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${epoch}</text>`,
    ),
    `<text x="${(margin.left + size.width - margin.right) / 2}" y="${bottom + 36}" text-anchor="middle">epoch</text>`,
  ].join('');
}

function legend(name: string, dash: string, color: string, x: number): string {
  const stroke = `<line x1="${x}" x2="${x + 24}" y1="16" y2="16" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  return `${stroke}${mark(dash === 'none', x + 12, 16, color)}<text x="${x + 30}" y="20">${name}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
