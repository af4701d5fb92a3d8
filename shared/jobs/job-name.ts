import { z } from 'zod';

const mostCharacters = 200;
/** Of a name as its folder is called: a key holds 1024, and a store's prefix and the name of a file have to have room. */
const mostInKey = 700;

/** What a name of a job should be and is not, since keys are made of it (see `jobFolder`); undefined where all is well. */
export function jobNameProblem(name: string): string | undefined {
  if (name === '') return 'a name, got nothing';
  if (name.length > mostCharacters) return `at most ${mostCharacters} characters`;
  if (/\p{Cc}/u.test(name) || !name.isWellFormed()) return 'a name without control characters';
  if (name === '.' || name === '..') return 'a name that is no folder of its own';
  if (encodeURIComponent(name).length <= mostInKey) return undefined;
  return `at most ${mostInKey} characters as a URL has them`;
}

export const jobNameSchema = z.string().superRefine((name, context) => {
  const wanted = jobNameProblem(name);
  if (wanted !== undefined) context.addIssue({ code: 'custom', message: `expected ${wanted}` });
});
