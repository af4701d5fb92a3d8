import type { Context } from 'hono';
import { z } from 'zod';
import { Failure } from '../../../shared/failures/failure.ts';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { describeReason } from '../catalogue/overview.ts';
import type { ErrorResponse } from '../responses.ts';

export function imageNotFound(context: Context) {
  return context.json<ErrorResponse>({ error: 'the results have no such image' }, 404);
}

/** Any thrown value as an answer: what the page or its user can mend in words, anything else as a fault of this program. */
export function toErrorResponse(error: unknown, context: Context) {
  if (error instanceof z.ZodError) return context.json<ErrorResponse>({ error: firstIssue(error) }, 400);
  if (error instanceof UserError) return context.json<ErrorResponse>({ error: error.message }, 409);
  if (error instanceof Failure && error.reason !== 'internal') {
    const { reason, message } = error;
    return context.json<ErrorResponse>({ error: `${describeReason(reason).meaning}: ${message}`, reason }, 422);
  }
  console.error(`inception-batch: ${context.req.path}: ${error instanceof Error ? error.message : String(error)}`);
  return context.json<ErrorResponse>({ error: 'the gallery failed; its terminal says why' }, 500);
}
