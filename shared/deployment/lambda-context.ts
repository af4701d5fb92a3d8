import { z } from 'zod';

const contextSchema = z.object({ awsRequestId: z.string(), functionName: z.string() });

/** The fields of Lambda's context that are logged; undefined outside Lambda. */
export function parseLambdaContext(context: unknown): z.output<typeof contextSchema> | undefined {
  return contextSchema.safeParse(context).data;
}
