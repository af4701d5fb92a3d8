import { type CropMessage, decodeCropMessage } from '../../shared/crop-message.ts';
import { Failure } from '../../shared/failure.ts';
import type { ResultsWriter } from '../../shared/ports.ts';
import type { ResultRow } from '../../shared/results/row.ts';
import { type BatchResponse, failedItems, parseSqsEvent } from '../../shared/sqs-event.ts';
import { classify } from './classify.ts';
import type { ClassifyPorts } from './ports.ts';

/**
 * The classify function for small volumes: a batch of the crops queue in, the messages to deliver again out.
 * @throws when the rows cannot be stored: the whole batch is then delivered again
 */
export function classifyHandler(
  ports: ClassifyPorts & { readonly results: ResultsWriter },
): (event: unknown) => Promise<BatchResponse> {
  return async (event) => {
    const deliveries = parseSqsEvent(event).map(({ messageId, body, attempt }) => ({
      receipt: messageId,
      attempt,
      body: cropOf(body),
    }));
    const outcomes = await classify(deliveries, ports);
    await ports.results.append(outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined));
    return failedItems(outcomes);
  };
}

function cropOf(body: string): CropMessage | Failure {
  try {
    return decodeCropMessage(body);
  } catch (error) {
    return Failure.from(error);
  }
}
