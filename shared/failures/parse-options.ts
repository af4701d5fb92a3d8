import { z } from 'zod';
import { UserError } from './user-error.ts';

/**
 * Parses the options of a function of the library; programs in JavaScript are not checked by types.
 * @param schema strict; the description of each field continues "give …"
 * @param called the function, for the message
 * @throws {UserError} in one line that names the first invalid option and its valid values
 */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  options: unknown,
  called: string,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new UserError(`invalid options of ${called}: ${optionProblem(schema, options, parsed.error)}`);
}

function optionProblem(schema: z.ZodObject, options: unknown, { issues: [issue] }: z.ZodError): string {
  const known = Object.keys(schema.shape).join(', ');
  if (issue?.code === 'unrecognized_keys') return `unknown option ${issue.keys.join(', ')}, the options are ${known}`;
  const name = issue?.path[0];
  if (name === undefined) return `give an object with ${known}`;
  const field: unknown = schema.shape[String(name)];
  const description = field instanceof z.ZodType ? field.description : undefined;
  const isEmpty = typeof options === 'object' && options !== null && Reflect.get(options, name) === '';
  return `${String(name)}${isEmpty ? ' is empty' : ''}: give ${description ?? 'another value'}`;
}

/** A function, for a schema of options. */
export function functionSchema<F>() {
  return z.custom<F>((value) => typeof value === 'function');
}
