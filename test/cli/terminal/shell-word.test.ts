import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../../cli/terminal/shell-word.ts';

it.each(['s3://drop/photos', './store', 'inception-store'])('%s is a word as it is', (text) => {
  expect(shellWord(text)).toBe(text);
});

it.each(['st ore', "it's", '~/store', '$HOME', 'a;b', '', 'grün', '*'])('a shell takes %j for one word', (text) => {
  const said = execFileSync('sh', ['-c', `printf '[%s]' ${shellWord(text)}`], { encoding: 'utf8' });
  expect(said).toBe(`[${text}]`);
});
