import type { Counts } from '../engine/run/tally.ts';

/** Images that are accounted for. */
export function finished({ done, classified, rejected }: Counts): number {
  return done + classified + rejected;
}

export function images(count: number): string {
  return count === 1 ? 'image' : 'images';
}

/** Milliseconds as people say them: `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
