import { z } from 'zod';

/** An error in one line: the first issue of a schema with its path, or the error's message. */
export function firstIssue(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    if (issue === undefined) return 'not valid';
    return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
  }
  return (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ');
}
