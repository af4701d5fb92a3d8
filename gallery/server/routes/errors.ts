import type { Context } from 'hono';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { describeReason } from '../catalogue/overview.ts';
import { idSchema } from '../catalogue/row-id.ts';
import type { ErrorResponse } from '../responses.ts';
import { BadRequest } from './parse-parameters.ts';

/** @throws {NotFound} if no image can have this id */
export function imageIdOf(context: Context): string {
  const { success, data } = idSchema.safeParse(context.req.param('id'));
  if (success) return data;
  throw new NotFound(imageNotInResults);
}

export const imageNotInResults = 'image not found in the results';

/** A request for something that does not exist, answered with status 404. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** Maps errors to responses: input errors with their message, anything else as status 500, logged on the terminal. */
export function toErrorResponse(error: unknown, context: Context) {
  if (error instanceof NotFound) return context.json<ErrorResponse>({ error: error.message }, 404);
  if (error instanceof BadRequest) return context.json<ErrorResponse>({ error: error.message }, 400);
  if (error instanceof UserError) return context.json<ErrorResponse>({ error: error.message }, 409);
  if (error instanceof Failure && error.reason !== 'internal') {
    const { reason, message } = error;
    return context.json<ErrorResponse>({ error: `${describeReason(reason).meaning}: ${message}`, reason }, 422);
  }
  console.error(`inception-batch: ${context.req.path}: ${error instanceof Error ? error.message : String(error)}`);
  return context.json<ErrorResponse>(
    { error: 'internal error: see the terminal that runs inception-batch serve' },
    500,
  );
}
