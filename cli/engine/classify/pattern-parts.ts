import { matchesGlob } from 'node:path';
import { UserError } from '../../../shared/failures/user-error.ts';
import { isHiddenName } from '../../../shared/stores/keys.ts';
import { replacement } from '../../../shared/stores/local/file-name.ts';

/** What a pattern says about the names of one folder. */
export type PatternPart =
  /** One name, which need not be listed. */
  | { readonly kind: 'literal'; readonly name: string }
  | { readonly kind: 'names'; readonly matches: (name: string) => boolean }
  /** `**`: this folder and all folders below it. */
  | { readonly kind: 'folders' };

const maxAlternatives = 1000;

/** Whether a path has characters of a pattern. */
export function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/**
 * The parts of a pattern, once for each combination of the alternatives in its braces. Names that begin with a dot match only a
 * part that begins with a dot.
 * @throws {UserError} for more than 1000 combinations
 * @example `{a,b/c}/*.jpg` has the parts a, *.jpg and b, c, *.jpg
 */
export function partsOf(pattern: string): (readonly PatternPart[])[] {
  return alternativesOf(pattern, pattern).map((alternative) => {
    const parts = alternative.split('/').filter((text) => text !== '');
    if (parts.at(-1) === '**') parts.push('*');
    return parts.map(partOf);
  });
}

function partOf(text: string): PatternPart {
  if (text === '**') return { kind: 'folders' };
  if (!isPattern(text) && !/[@+!]\(/.test(text) && !text.includes(replacement)) return { kind: 'literal', name: text };
  const matches = matcherOf(text);
  return { kind: 'names', matches: (name) => (text.startsWith('.') || !isHiddenName(name)) && matches(name) };
}

/** `matchesGlob` parses its pattern again for each name, which is slow in large folders. */
function matcherOf(text: string): (name: string) => boolean {
  if (/[[{(]/.test(text)) return (name) => matchesGlob(name, text);
  const source = RegExp.escape(text).replaceAll('\\*', '[^]*').replaceAll('\\?', '[^]');
  const expression = new RegExp(`^${source}$`, process.platform === 'linux' ? 'u' : 'ui');
  return (name) => expression.test(name);
}

/** A range such as `{1..9}` remains as it is: it has no slash, so it is matched with the names. */
function alternativesOf(text: string, pattern: string): string[] {
  const braces = firstBraces(text);
  if (braces === undefined) return [text];
  const { start, end, options } = braces;
  const [before, after] = [text.slice(0, start), text.slice(end)];
  const alternatives = options.flatMap((option) => alternativesOf(before + option + after, pattern));
  if (alternatives.length <= maxAlternatives) return alternatives;
  throw new UserError(`${pattern} has more than ${maxAlternatives} combinations of alternatives: give fewer in braces`);
}

interface Braces {
  readonly start: number;
  /** Behind the closing brace. */
  readonly end: number;
  readonly options: readonly string[];
}

/** The first braces with several alternatives. */
function firstBraces(text: string): Braces | undefined {
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start + 1)) {
    const options = [''];
    let depth = 0;
    for (let at = start; at < text.length; at += 1) {
      const character = text.charAt(at);
      if (character === '}') depth -= 1;
      if (depth === 0 && at > start) {
        if (options.length > 1) return { start, end: at + 1, options };
        break;
      }
      if (character === ',' && depth === 1) options.push('');
      else if (at > start) options.push(`${options.pop()}${character}`);
      if (character === '{') depth += 1;
    }
  }
  return undefined;
}
