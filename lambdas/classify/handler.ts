import pMap from 'p-map';
import { type CropEnvelope, decodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { type CropMessage, cropsIn } from '../../shared/crops/crop-message.ts';
import { type BatchResponse, parseSqsEvent, type SqsRecord, toBatchResponse } from '../../shared/events/sqs-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import { type ClassifyOutcome, classify } from './classify.ts';
import type { ClassifyPorts, CropReaderPorts } from './ports.ts';
import { readCrops } from './read-crops.ts';
import { recordFinalAttempts } from './record-final-attempts.ts';
import { appendRowsBriefly } from './worker/append-rows.ts';

/**
 * Handles a batch of the crops queue, for small volumes, and returns the messages to deliver again. Final attempts are
 * recorded first, see `recordFinalAttempts`: an invocation that times out returns nothing.
 * @param observe receives the outcome of each message once the rows are stored
 * @throws when the rows cannot be stored after several retries; all messages are then delivered again
 */
export function classifyHandler(
  ports: ClassifyPorts & CropReaderPorts & { readonly results: ResultsWriter },
  observe: (outcomes: readonly ClassifyOutcome[]) => void = () => {},
): (event: unknown) => Promise<BatchResponse> {
  const results: ResultsWriter = { append: (rows) => appendRowsBriefly(rows, ports.results) };
  return async (event) => {
    const envelopes = parseSqsEvent(event).map(envelopeIn);
    await recordFinalAttempts(envelopes, { ...ports, results });
    const outcomes: ClassifyOutcome[] = [];
    for (const group of inMemory(envelopes))
      outcomes.push(...(await classifyGroup(await readCrops(group, ports), ports)));
    await results.append(outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined));
    observe(outcomes);
    return toBatchResponse(outcomes);
  };
}

/** Crops whose pixels are in memory at the same time, unless a single image has more: 77 MB of 224 × 224 crops. */
const maxCrops = 512;

/** Consecutive messages whose pixels are read together. */
function inMemory(envelopes: readonly Delivery<CropEnvelope>[]): Delivery<CropEnvelope>[][] {
  const groups: Delivery<CropEnvelope>[][] = [];
  let crops = Number.POSITIVE_INFINITY;
  for (const envelope of envelopes) {
    const more = envelope.body instanceof Failure ? 0 : cropsIn(envelope.body);
    if (crops + more > maxCrops) {
      groups.push([]);
      crops = 0;
    }
    groups.at(-1)?.push(envelope);
    crops += more;
  }
  return groups;
}

async function classifyGroup(
  deliveries: readonly Delivery<CropMessage>[],
  ports: ClassifyPorts,
): Promise<ClassifyOutcome[]> {
  const { batchSize } = ports;
  const starts = Array.from({ length: Math.ceil(deliveries.length / batchSize) }, (_, batch) => batch * batchSize);
  const batches = await pMap(starts, (start) => classify(deliveries.slice(start, start + batchSize), ports), {
    concurrency: ports.session.parallel,
  });
  return batches.flat();
}

/** A message as a delivery; its receipt is the message id. */
function envelopeIn({ messageId, body, attempt }: SqsRecord): Delivery<CropEnvelope> {
  return { receipt: messageId, attempt, body: parseBody(body) };
}

function parseBody(body: string): CropEnvelope | Failure {
  try {
    return decodeCropEnvelope(body);
  } catch (error) {
    return Failure.from(error);
  }
}
