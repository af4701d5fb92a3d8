import { z } from 'zod';

const maxCharacters = 200;
/** URL-encoded, as in the job's folder: a key has at most 1024 characters, with the store's prefix and a file name. */
const maxEncodedCharacters = 700;

/** Why a job name is invalid, as the rest of a sentence; undefined if it is valid. Keys contain it, see `jobFolder`. */
export function jobNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > maxCharacters) return `has more than ${maxCharacters} characters`;
  if (/\p{Cc}/u.test(name) || !name.isWellFormed()) return 'contains control characters';
  if (name === '.' || name === '..') return 'is not a folder name';
  if (encodeURIComponent(name).length <= maxEncodedCharacters) return undefined;
  return `has more than ${maxEncodedCharacters} characters when URL-encoded`;
}

export const jobNameSchema = z.string().superRefine((name, context) => {
  const problem = jobNameProblem(name);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `the job name ${problem}` });
});
