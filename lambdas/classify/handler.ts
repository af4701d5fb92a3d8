import pMap from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { inlineCodec } from '../../shared/crops/inline-codec.ts';
import { Failure } from '../../shared/failure.ts';
import type { ResultsWriter } from '../../shared/ports.ts';
import type { ResultRow } from '../../shared/results/row.ts';
import { type BatchResponse, failedItems, parseSqsEvent } from '../../shared/sqs-event.ts';
import { classify } from './classify.ts';
import type { ClassifyPorts } from './ports.ts';

/**
 * The classify function for small volumes: messages of the crops queue in, those to deliver again out.
 * @throws when the rows cannot be stored: every message is then delivered again
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
    const { batchSize } = ports;
    const starts = Array.from({ length: Math.ceil(deliveries.length / batchSize) }, (_, batch) => batch * batchSize);
    const batches = await pMap(starts, (start) => classify(deliveries.slice(start, start + batchSize), ports), {
      concurrency: ports.session.parallel,
    });
    const outcomes = batches.flat();
    await ports.results.append(outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined));
    return failedItems(outcomes);
  };
}

function cropOf(body: string): CropMessage | Failure {
  try {
    return inlineCodec.decode(body);
  } catch (error) {
    return Failure.from(error);
  }
}
