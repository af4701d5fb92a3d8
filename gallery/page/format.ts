import { displayLabel } from '../../shared/models/label-name.ts';

const whole = new Intl.NumberFormat('en');
const moments = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export const formatNumber = (value: number) => whole.format(value);

/** `1 image`, `2,000 images`. */
export const formatCount = (value: number, one: string, many = `${one}s`) =>
  `${formatNumber(value)} ${value === 1 ? one : many}`;

/** A probability as a percentage; below 1, it is never rounded up to 100 %. */
export function formatPercent(value: number): string {
  if (value >= 1) return '100 %';
  if (value > 0 && value < 0.005) return '< 1 %';
  const percents = value * 100;
  const shown = percents > 99 ? Math.floor(percents * 10) / 10 : Math.round(percents);
  return `${shown} %`;
}

/** The finished share of a total; 100 % only if all is finished. */
export const formatShare = (finished: number, total: number) =>
  total === 0 ? '100 %' : `${Math.floor((100 * finished) / total)} %`;

/** `45 s`, `12 min`, `3 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const formatTime = (iso: string) => moments.format(new Date(iso));

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return formatCount(bytes, 'byte');
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `not_an_image` as `not an image`. */
export const readableName = (name: string) => name.replaceAll('_', ' ');

/** A key without its folders. */
export const fileName = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** The name of a label that people read; empty without one. */
export function labelName({ label, labelId }: { label: string | null; labelId: string | null }): string {
  return displayLabel({ label, label_id: labelId });
}

/**
 * The ends of locations by which they differ, at least their last two names.
 * @example shortLocations(['/home/me/a/photos', '/home/me/b/photos']).get('/home/me/a/photos') // '…/a/photos'
 */
export function shortLocations(locations: readonly string[]): Map<string, string> {
  const all = [...new Set(locations)];
  return new Map(all.map((location) => [location, shortest(location, all)]));
}

function shortest(location: string, all: readonly string[]): string {
  const withoutSlash = (text: string) => text.replace(/\/+$/, '');
  const names = withoutSlash(location).split('/');
  // The name of a bucket is never kept without `s3://`.
  const maxKept = names.length - (location.startsWith('s3://') ? 3 : 2);
  for (let kept = 2; kept <= maxKept; kept += 1) {
    const end = `/${names.slice(-kept).join('/')}`;
    if (all.every((other) => other === location || !withoutSlash(other).endsWith(end))) return `…${end}`;
  }
  return location;
}
