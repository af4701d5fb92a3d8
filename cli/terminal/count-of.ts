import { amount } from '../../jobs/cost/line.ts';

/** `1 image`, `1,200 images`. */
export function countOf(count: number, noun: string): string {
  return `${amount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
