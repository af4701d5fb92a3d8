import { z } from 'zod';

/** Messages of a schema: `is missing` or `must be a number`. */
export function mustBe(what: string) {
  return {
    error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : `must be ${what}`),
  };
}

/**
 * The first problem that a schema with such messages found: `annotations[3].bbox is missing`.
 * @param all name of the value itself
 */
export function fieldProblem({ issues: [issue] }: z.ZodError, all: string): string {
  return `${issue?.path.length ? z.core.toDotPath(issue.path) : all} ${issue?.message ?? 'is not valid'}`;
}
