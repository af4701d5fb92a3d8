import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../shared/failures/failure.ts';
import { readFailure, writeFailure } from '../../../../shared/stores/local/file-failure.ts';

describe('an error of the operating system', () => {
  it.each([
    ['ENOENT', 'object_gone'],
    ['ENOTDIR', 'object_gone'],
    ['EACCES', 'unreadable'],
    ['EPERM', 'unreadable'],
    ['EIO', 'unreadable'],
    ['EISDIR', 'unreadable'],
    ['ELOOP', 'unreadable'],
    ['EMFILE', 'unavailable'],
    ['ENFILE', 'unavailable'],
    ['EBUSY', 'unavailable'],
    ['ESTALE', 'unavailable'],
  ])('%s of a read is %s, with the error as its cause', (code, reason) => {
    const error = Object.assign(new Error(`${code}: as it says`), { code });
    expect(readFailure(error, '/a')).toMatchObject({
      ...{ reason, cause: error, message: expect.stringContaining(code) },
    });
  });

  it.each(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO', 'ELOOP'])(
    '%s of a read names the file and the problem',
    (code) => {
      const error = Object.assign(new Error(`${code}: as it says, open '/a'`), { code });
      expect(readFailure(error, '/a').message).toMatch(new RegExp(`^/a (does|is|cannot) [^']+\\(${code}\\)`));
    },
  );

  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'])('%s of a write is transient', (code) => {
    const error = Object.assign(new Error(`${code}: as it says`), { code });
    const failure = writeFailure(error, '/store/part.parquet');
    expect(failure).toMatchObject({ reason: 'unavailable', isTransient: true, cause: error });
    expect(failure.message).toContain('/store/part.parquet cannot be written: ');
    expect(failure.message).toContain(`(${code})`);
  });

  it('is `internal` if it has no code, and a failure is not changed', () => {
    const failure = new Failure('too_large', 'too large');
    expect(readFailure(failure, '/a')).toBe(failure);
    expect(writeFailure(failure, '/a')).toBe(failure);
    expect(readFailure(new TypeError('x is not a function'), '/a').reason).toBe('internal');
    expect(writeFailure('text', '/a').reason).toBe('internal');
  });
});
