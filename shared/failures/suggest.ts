import { closestMatch } from 'leven';

/**
 * The known name that a mistyped one probably means: one that differs by a few characters, their order or case, or else the only one
 * that contains it. Undefined if no known name is near.
 * @example suggest('googlnet', ['googlenet', 'fashion-mnist']) // 'googlenet'
 */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const folded = fold(name);
  const maxDistance = Math.min(3, Math.floor((name.length + 1) / 3));
  const nearest = closestMatch(folded, known.map(fold), { maxDistance });
  if (nearest !== undefined) return known.find((each) => fold(each) === nearest);
  // Two swapped letters count as two changes, too many for a short name.
  const swapped = known.find((each) => letters(each) === letters(name));
  if (swapped !== undefined) return swapped;
  const containing = name === '' ? [] : known.filter((each) => fold(each).includes(folded));
  return containing.length === 1 ? containing[0] : undefined;
}

/** Many languages write `foto` for `photo`. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll('ph', 'f');
}

function letters(name: string): string {
  return Array.from(name.toLowerCase()).sort().join('');
}

/**
 * The same as the end of a message: ` (did you mean googlenet?)`, or nothing.
 * @example `unknown model ${name}${didYouMean(name, names)}`
 */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = suggest(name, known);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}
