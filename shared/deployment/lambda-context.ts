import { z } from 'zod';

const contextSchema = z.object({ awsRequestId: z.string(), functionName: z.string() });

/** What of the context that Lambda hands over beside an event is told; undefined where a function is not run by Lambda. */
export function parseLambdaContext(context: unknown): z.output<typeof contextSchema> | undefined {
  return contextSchema.safeParse(context).data;
}
