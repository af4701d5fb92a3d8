import { firstIssue } from '../first-issue.ts';

/** What the runtime says before it comes to the point: the source file with its line, the function, the condition. */
const preamble = /^(?:\/\S+\.(?:cc|h):\d+ .*? was false\.|\S+\.(?:cc|h):\d+ \S+|OrtSessionOptionsAppend\w+:) */;

/** Why the runtime refused something, in one line without where in its source that was. */
export function runtimeReason(error: unknown): string {
  return firstIssue(error).replace(preamble, '').trim();
}
