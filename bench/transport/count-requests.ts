import { z } from 'zod';
import { type Bill, billedRequests } from '../../shared/crops/transport-cost.ts';
import type { AwsClients } from '../../shared/stores/aws/clients.ts';

const sent = z.object({ Entries: z.array(z.object({ MessageBody: z.string() })) });
const received = z.object({ Messages: z.array(z.object({ Body: z.string() })).optional() });
const written = z.object({ Body: z.instanceof(Uint8Array) });

/**
 * Counts what AWS would bill for all further requests of these clients, including retries. The payload is the size of the
 * message bodies.
 * @returns a function that returns the bill so far
 */
export function countRequests({ s3, sqs }: AwsClients): () => Bill {
  const bill = { sqs: 0, puts: 0, gets: 0, packedBytes: 0 };
  // After the retry middleware.
  const position = { step: 'finalizeRequest', priority: 'low' } as const;
  sqs.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        bill.sqs += billedRequests(payloadOf(commandName, args.input, result.output));
        return result;
      },
    position,
  );
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'GetObjectCommand') bill.gets += 1;
        if (commandName === 'PutObjectCommand') {
          bill.puts += 1;
          bill.packedBytes += written.parse(args.input).Body.byteLength;
        }
        return next(args);
      },
    position,
  );
  return () => ({ ...bill });
}

function payloadOf(command: string | undefined, input: unknown, output: unknown): number {
  if (command === 'SendMessageBatchCommand') return bytes(sent.parse(input).Entries.map((entry) => entry.MessageBody));
  if (command === 'ReceiveMessageCommand')
    return bytes((received.parse(output).Messages ?? []).map(({ Body }) => Body));
  return 0;
}

function bytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
