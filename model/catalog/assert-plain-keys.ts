import { UserError } from '../../shared/failures/user-error.ts';

/**
 * Rejects keys that `JSON.parse` and a schema drop without a word: one that occurs twice in an object, and `__proto__`.
 * @param json valid JSON
 * @throws {UserError} naming the key
 */
export function assertPlainKeys(json: string): void {
  const open: Set<string>[] = [];
  const tokens = json.matchAll(/"(?:[^"\\]|\\.)*"(?<colon>\s*:)?|[{}]/g);
  for (const { 0: token, groups } of tokens) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (groups?.['colon'] !== undefined) {
      const key: unknown = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
      const keys = open.at(-1);
      if (key === '__proto__') throw new UserError('__proto__ is not a name');
      if (keys?.has(String(key))) throw new UserError(`"${key}" is given twice`);
      keys?.add(String(key));
    }
  }
}
