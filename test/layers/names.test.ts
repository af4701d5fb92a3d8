import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { readImports } from './imports.ts';

const exported = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type) ([A-Za-z_$][\w$]*)/gm;

/** Words that a reader has to decode, as a whole word of a name: see the style in CONTRIBUTING.md. */
const riddles = ['own', 'told', 'tell', 'asked', 'wanted', 'place', 'sound', 'nowhere', 'most'];
/** `messagesABatch`: a rate is `messagesPerBatch`. */
const rate = /[a-z]s(A|An)[A-Z]/;

function problemOf(name: string): string | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(' ');
  return words.find((word) => riddles.includes(word)) ?? (rate.test(name) ? 'a rate without Per' : undefined);
}

it('exported names use plain words', () => {
  const problems = [...readImports().keys()].flatMap((file) =>
    Array.from(readFileSync(join(repository, file), 'utf8').matchAll(exported), ([, name = '']) => ({ file, name }))
      .filter(({ name }) => problemOf(name) !== undefined)
      .map(({ name }) => `${file}: ${name} (${problemOf(name)})`),
  );
  expect(problems).toEqual([]);
});

it.each([
  ['messagesABatch', 'a rate without Per'],
  ['toldFailure', 'told'],
  ['StorePlace', 'place'],
  ['mostInBatch', 'most'],
  ['messagesPerBatch', undefined],
  ['replaceHead', undefined],
])('%s has the problem %s', (name, problem) => {
  expect(problemOf(name)).toBe(problem);
});
