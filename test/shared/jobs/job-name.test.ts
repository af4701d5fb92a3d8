import { describe, expect, it } from 'vitest';
import { jobNameProblem } from '../../../shared/jobs/job-name.ts';
import { jobListKey } from '../../../shared/stores/keys.ts';

describe('a job name', () => {
  it.each(['a', 'autumn 2019', 'x'.repeat(200), 'ü'.repeat(100), '日'.repeat(77), '..a', 'a/b', '100 %', '🦊'])(
    'accepts %j, which fits into an S3 key with room for a prefix',
    (name) => {
      expect(jobNameProblem(name)).toBeUndefined();
      expect(jobListKey(name, new Date(), 'a'.repeat(36)).length).toBeLessThan(800);
    },
  );

  it.each([
    ['', 'is empty'],
    ['x'.repeat(201), 'has more than 200 characters'],
    ['日'.repeat(78), 'has more than 700 characters when URL-encoded'],
    ['a\nb', 'contains control characters'],
    ['a\u007f', 'contains control characters'],
    ['a\ud800', 'contains control characters'],
    ['.', 'is not a folder name'],
    ['..', 'is not a folder name'],
  ])('rejects %j', (name, problem) => {
    expect(jobNameProblem(name)).toBe(problem);
  });
});
