import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { printError } from '../../../cli/terminal/print-error.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

/** What is printed for an error. */
function printed(error: unknown): string {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    printError(error, { argv: ['run', 'a\nb'] });
    return print.mock.calls.flat().join('\n');
  } finally {
    print.mockRestore();
  }
}

const answers = z.object({ images: z.array(z.object({ key: z.string() })) });

it.each([
  ['a fault of the user', new UserError('give --model'), 'inception-batch: give --model'],
  ['another error', new Error('broken\n  at line 2'), 'inception-batch: broken (--debug shows the stack)'],
  [
    'an unexpected answer',
    answers.safeParse({ images: [{ key: 1 }] }).error,
    'inception-batch: images.0.key: Invalid input: expected string, received number (--debug shows the stack)',
  ],
  ['an argument with a line break', new UserError('no such folder: a\nb'), 'inception-batch: no such folder: a\\nb'],
  ['a text', 'broken', 'inception-batch: broken (--debug shows the stack)'],
])('%s is one readable line', (_name, error, line) => {
  expect(printed(error)).toBe(line);
});
