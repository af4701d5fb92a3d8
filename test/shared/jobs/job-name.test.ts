import { describe, expect, it } from 'vitest';
import { jobNameProblem } from '../../../shared/jobs/job-name.ts';
import { jobListKey } from '../../../shared/stores/keys.ts';

describe('the name of a job', () => {
  it.each(['a', 'autumn 2019', 'x'.repeat(200), 'ü'.repeat(100), '日'.repeat(77), '..a', 'a/b', '100 %', '🦊'])(
    'may be %j, which fits into a key of S3 with room for a prefix',
    (name) => {
      expect(jobNameProblem(name)).toBeUndefined();
      expect(jobListKey(name, new Date(), 'a'.repeat(36)).length).toBeLessThan(800);
    },
  );

  it.each([
    ['', 'a name, got nothing'],
    ['x'.repeat(201), 'at most 200 characters'],
    ['日'.repeat(78), 'at most 700 characters as a URL has them'],
    ['a\nb', 'a name without control characters'],
    ['a\u007f', 'a name without control characters'],
    ['a\ud800', 'a name without control characters'],
    ['.', 'a name that is no folder of its own'],
    ['..', 'a name that is no folder of its own'],
  ])('may not be %j', (name, wanted) => {
    expect(jobNameProblem(name)).toBe(wanted);
  });
});
