import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { handler } from '../../../lambdas/ingest/index.ts';

/** An event for the function, and the milliseconds after which the process is ended. */
const invocationSchema = z.object({ event: z.unknown(), timeoutMs: z.number() });

// The ingest function in a process of its own: one answer per event, as Lambda's runtime.
process.on('message', async (message) => {
  const { event, timeoutMs } = invocationSchema.parse(message);
  const end = performance.now() + timeoutMs;
  const context = {
    awsRequestId: randomUUID(),
    functionName: 'ingest',
    getRemainingTimeInMillis: () => Math.max(0, end - performance.now()),
  };
  const answer = await handler(event, context).then(
    (response) => ({ response }),
    (error: unknown) => ({ error: String(error) }),
  );
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());
