import { z } from 'zod';
import { UserError } from '../failures/user-error.ts';
import { cropRuleForCount, cropsPerImage } from '../models/crop-rule.ts';
import { maxRegions } from '../models/regions-rule.ts';

/**
 * Parses a program's environment into a frozen configuration.
 * @param schema fields are the names of variables; their descriptions continue "set it to …"
 * @throws {UserError} naming every missing or invalid variable and its valid values
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
    const description = field instanceof z.ZodType ? descriptionOf(field) : undefined;
    const value = environment[name];
    return `${name} is ${value === undefined ? 'not set' : `"${value}"`}, set it to ${description ?? 'a value'}`;
  });
  throw new UserError(`invalid environment: ${[...new Set(faults)].join('; ')}`);
}

function count() {
  return z
    .string()
    .regex(/^[1-9]\d*$/)
    .transform(Number);
}

/** The description of a field, also inside a default or optional wrapper. */
export function descriptionOf(field: z.core.$ZodType): string | undefined {
  if (field instanceof z.ZodType && field.description !== undefined) return field.description;
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined;
}

/** A whole number of at least 1. */
export function countVariable(description: string, fallback: number) {
  return count().default(fallback).describe(`${description}, a whole number of at least 1`);
}

/** A power of two whose default depends on the accelerator. */
export function powerOfTwoVariable(description: string) {
  const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));
  return count().refine(isPowerOfTwo).optional().describe(`${description}, a power of two`);
}

/** A port number. */
export function portVariable(description: string, fallback: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().max(65_535))
    .default(fallback)
    .describe(`${description}, a whole number up to 65535`);
}

/** Crops per image, parsed to the crop rule; undefined for the rule of the model. */
export function cropsVariable() {
  const counts = Object.values(cropsPerImage).map(String);
  return z
    .enum(counts)
    .transform((count) => cropRuleForCount(Number(count)))
    .optional()
    .describe(`the crops per image: ${counts.slice(0, -1).join(', ')} or ${counts.at(-1)}`);
}

/** Regions of each image to classify at most; undefined for none. */
export function regionsVariable() {
  return count()
    .refine((regions) => regions <= maxRegions)
    .optional()
    .describe(`the regions of each image to classify, 1 to ${maxRegions}`);
}

/** A bucket with an optional prefix. */
export function bucketVariable(description: string) {
  return z
    .string()
    .regex(/^[sS]3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/)
    .describe(`${description}: s3://bucket/prefix`);
}
