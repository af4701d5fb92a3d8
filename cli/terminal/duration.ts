import prettyMilliseconds from 'pretty-ms';

/** Milliseconds in at most two units: `850ms`, `4.2s`, `3m 20s`, `2h 5m`. */
export function duration(ms: number): string {
  return prettyMilliseconds(ms, { unitCount: 2, secondsDecimalDigits: ms < 10_000 ? 1 : 0 });
}
