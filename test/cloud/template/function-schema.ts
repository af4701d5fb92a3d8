import { z } from 'zod';

/** What the resource of a function says about how it is started. */
export const functionSchema = z.looseObject({
  Code: z.looseObject({ S3Key: z.string().optional() }),
  Handler: z.string(),
  Role: z.string(),
  Timeout: z.int(),
  MemorySize: z.int(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
  EphemeralStorage: z.object({ Size: z.int() }).default({ Size: 512 }),
  LoggingConfig: z.looseObject({ LogGroup: z.string() }).optional(),
});
