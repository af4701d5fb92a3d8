import { z } from 'zod';
import { UserError } from '../failures/user-error.ts';
import { cropRuleForCount, cropsPerImage } from '../models/model-manifest.ts';

/**
 * Reads a program's configuration from its environment, once.
 * @param schema an object schema whose fields are the names of variables, described with what they should look like
 * @throws {UserError} naming every variable that is missing or wrong, and what it should look like
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<z.ZodObject<Shape>>> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return Object.freeze(parsed.data);
  const faults = parsed.error.issues.map(({ path }) => {
    const name = String(path[0]);
    const field = schema.shape[name];
    const expected = field instanceof z.ZodType ? descriptionOf(field) : undefined;
    const value = environment[name];
    return `${name} should be ${expected ?? 'set'}, ${value === undefined ? 'it is not set' : `it is "${value}"`}`;
  });
  throw new UserError(`wrong environment: ${[...new Set(faults)].join('; ')}`);
}

function count() {
  return z
    .string()
    .regex(/^[1-9]\d*$/)
    .transform(Number);
}

/** How a field is described; a default and the like may be wrapped around what says so. */
export function descriptionOf(field: z.core.$ZodType): string | undefined {
  if (field instanceof z.ZodType && field.description !== undefined) return field.description;
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined;
}

/** A whole number of at least 1, as text. */
export function countVariable(meaning: string, fallback: number) {
  return count().default(fallback).describe(`${meaning}, a whole number of at least 1`);
}

/** The same, where the default follows from what is found out later. */
export function optionalCountVariable(meaning: string) {
  return count().optional().describe(`${meaning}, a whole number of at least 1`);
}

/** A power of two, as text; the default follows from what is found out later. */
export function powerOfTwoVariable(meaning: string) {
  const whole = (value: number) => Number.isInteger(Math.log2(value));
  return count().refine(whole).optional().describe(`${meaning}, a power of two`);
}

/** A port, as text. */
export function portVariable(meaning: string, fallback: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().max(65_535))
    .default(fallback)
    .describe(`${meaning}, a whole number up to 65535`);
}

/** Crops of each image, as the rule that makes so many; undefined for the model's own. */
export function cropsVariable() {
  const counts = Object.values(cropsPerImage).map(String);
  return z
    .enum(counts)
    .transform((count) => cropRuleForCount(Number(count)))
    .optional()
    .describe(`crops of each image, ${counts.slice(0, -1).join(', ')} or ${counts.at(-1)}`);
}

/** A place in a bucket, as text. */
export function bucketVariable(meaning: string) {
  return z
    .string()
    .regex(/^[sS]3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/)
    .describe(`${meaning}: s3://bucket/prefix`);
}
