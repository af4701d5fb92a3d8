import { overviewProblem } from './state/overview.ts';

/** Shown instead of counts that are not loaded. */
export function counting(): string {
  return overviewProblem.value === null ? 'Counting…' : `Not counted: ${overviewProblem.value}`;
}
