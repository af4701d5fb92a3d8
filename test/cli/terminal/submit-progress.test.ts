import { describe, expect, it } from 'vitest';
import { submitText } from '../../../cli/terminal/submit-progress.ts';

describe('submitText', () => {
  const counts = { listed: 120_000, wanted: 118_200, ended: false, submitted: 0 };
  it.each([
    [counts, 1000, '120,000 listed, 0 submitted'],
    [{ ...counts, submitted: 50_000 }, 40_000, '120,000 listed, 50,000 submitted, 1,250/s'],
    [{ ...counts, submitted: 50_000, ended: true }, 40_000, '120,000 listed, 50,000 of 118,200 submitted, 1,250/s'],
  ])('describes %j after %d ms', (state, ms, text) => {
    expect(submitText(state, ms)).toBe(text);
  });
});
