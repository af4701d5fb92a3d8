import { z } from 'zod';
import type { SqlParameters } from './open/queries.ts';
import { nameText } from './questions/row-filter.ts';

/** `StoreOptions` of a program. */
export const storeOptions = z.strictObject({
  embeddings: z.boolean().optional().describe('true or false'),
  regionEmbeddings: z.boolean().optional().describe('true or false'),
  endpoint: z.url().optional().describe('the URL of an S3-compatible service'),
  region: z.string().min(1).optional().describe('an AWS region such as eu-west-1'),
});

const name = nameText.optional();

/** `SimilarImageOptions` of a program. */
export const similarOptions = z.strictObject({
  limit: z.int().min(1).default(10).describe('a whole number of at least 1'),
  min: z.number().min(-1).max(1).default(-1).describe('a number from -1 to 1'),
  job: name.describe('the name of a job'),
  label: name.describe('a label by name or id'),
  model: name.describe('a model by name, or the start of its id'),
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
});

const value = z.custom<SqlParameters[string]>(
  (given) => given === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof given),
);

/** Values of the named parameters of a query. */
export const sqlParameters = z.record(z.string(), value);
