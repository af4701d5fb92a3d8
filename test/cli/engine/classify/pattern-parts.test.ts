import { expect, it } from 'vitest';
import { partsOf } from '../../../../cli/engine/classify/pattern-parts.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';

it.each([
  ['*.jpg', ['1.jpg', 'two.jpg'], ['1.png', '.hidden.jpg', '1.jpg2']],
  ['?.jpg', ['1.jpg', 'ä.jpg', '🐟.jpg'], ['12.jpg']],
  ['.*', ['.hidden'], ['shown']],
  ['a.b+(1)*', ['a.b11', 'a.b1x'], ['axb1', 'a.b']],
  ['photo (1)*.jpg', ['photo (1).jpg'], ['photo 1.jpg']],
  ['[!a]*', ['b', 'ba'], ['a']],
  ['{1..3}.jpg', ['1.jpg', '3.jpg'], ['4.jpg']],
  ['a\\b*', ['a\\b', 'a\\bc'], ['ab']],
  ['*\n*', ['a\nb'], ['ab']],
  ['we\uFFFDrd', ['we\uFFFDrd'], ['weird']],
])('%j matches %j, not %j', (pattern, matching, others) => {
  const [[part] = []] = partsOf(pattern);
  if (part?.kind !== 'names') throw new Error(`not names: ${part?.kind}`);
  expect(matching.filter(part.matches)).toEqual(matching);
  expect(others.filter(part.matches)).toEqual([]);
});

it.each([
  ['photos/*.jpg', ['photos/*']],
  ['/photos//2024/x', ['photos/2024/x']],
  ['photos/**', ['photos/**/*']],
  ['**/x', ['**/x']],
  ['{a,b/c}/x', ['a/x', 'b/c/x']],
  ['{a,{b,c}d}{1,2}', ['a1', 'a2', 'bd1', 'bd2', 'cd1', 'cd2']],
  ['{a,b', ['*']],
  ['{a}{b,c}', ['*', '*']],
])('%s has the parts %j', (pattern, parts) => {
  const texts = partsOf(pattern).map((each) =>
    each.map((part) => (part.kind === 'literal' ? part.name : part.kind === 'names' ? '*' : '**')).join('/'),
  );
  expect(texts).toEqual(parts);
});

it('refuses a pattern with more alternatives than are walked', () => {
  expect(() => partsOf('{a,b}'.repeat(30))).toThrow(UserError);
});
