import type { z } from 'zod';

/** The first field that a schema rejects, with its value: `padding is "causal"`, or `padding is missing`. */
export function invalidField(error: z.ZodError, value: unknown): string {
  const path = deepestPath(error.issues);
  const found = path.reduce<unknown>(fieldOf, value);
  const name = path.length === 0 ? 'the value' : path.join('.');
  if (found === undefined) return `${name} is missing`;
  const text = JSON.stringify(found) ?? typeof found;
  return `${name} is ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}

/** In a union of schemas, the field that got furthest is the one that is wrong. */
function deepestPath(issues: readonly z.core.$ZodIssue[]): readonly PropertyKey[] {
  const [issue] = issues;
  if (issue === undefined) return [];
  if (issue.code !== 'invalid_union') return issue.path;
  const inner = issue.errors.map(deepestPath);
  const deepest = inner.reduce((longest, path) => (path.length > longest.length ? path : longest), []);
  return [...issue.path, ...deepest];
}

function fieldOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
