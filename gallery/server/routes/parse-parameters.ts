import type { z } from 'zod';

/** A request with a parameter that is not valid, answered with status 400. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/**
 * Parses the parameters of a request.
 * @param schema each parameter is described by what to give for it
 * @throws {BadRequest} `name: give …` for the first parameter that is not valid
 */
export function parseParameters<T extends z.ZodObject>(schema: T, parameters: object): z.output<T> {
  const { success, data, error } = schema.safeParse(parameters);
  if (success) return data;
  const name = String(error.issues[0]?.path[0]);
  throw new BadRequest(`${name}: give ${schema.shape[name]?.description}`);
}
