import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../support/exit-while-classifying.ts', import.meta.url));

it.each([
  { how: 'exit', status: 3, stderr: /^$/ },
  { how: 'error', status: 1, stderr: /Error: an error of the program/ },
])('a program that ends by an $how while its images are computed has its own exit code', ({ how, ...ended }) => {
  const { status, signal, stderr } = spawnSync(process.execPath, [program, how], { encoding: 'utf8' });
  expect({ status, signal, stderr }).toEqual({
    status: ended.status,
    signal: null,
    stderr: expect.stringMatching(ended.stderr),
  });
});
