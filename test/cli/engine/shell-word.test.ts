import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../../cli/engine/shell-word.ts';

it.each(['s3://drop/photos', './store', 'inception-store'])('%s needs no quotes', (text) => {
  expect(shellWord(text)).toBe(text);
});

it.each(['st ore', "it's", '~/store', '$HOME', 'a;b', '', 'grün', '*', 'a\\b'])(
  'a shell reads %j as one word',
  (text) => {
    const output = execFileSync('sh', ['-c', `printf '[%s]' ${shellWord(text)}`], { encoding: 'utf8' });
    expect(output).toBe(`[${text}]`);
  },
);

it.each(['a\nb', 'red\u001b[31m', '\u202egpj.exe', "it's\t\\", '\u{e0001}'])(
  'bash reads %j, which is printable',
  (text) => {
    const word = shellWord(text);
    expect(word).toMatch(/^[ -~]+$/);
    expect(execFileSync('bash', ['-c', `printf '[%s]' ${word}`], { encoding: 'utf8' })).toBe(`[${text}]`);
  },
);
