import pMap from 'p-map';
import { type CropEnvelope, decodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { type BatchResponse, parseSqsEvent, type SqsRecord, toBatchResponse } from '../../shared/events/sqs-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { Delivery, ResultsWriter } from '../../shared/stores/ports.ts';
import { type ClassifyOutcome, classify } from './classify.ts';
import type { ClassifyPorts, CropReaderPorts } from './ports.ts';
import { readCrops } from './read-crops.ts';
import { recordFinalAttempts } from './record-final-attempts.ts';
import { appendRowsBriefly } from './worker/append-rows.ts';

/**
 * The classify function for small volumes: messages of the crops queue in, those to deliver again out. Images that are
 * tried for the last time have a row before, see `recordFinalAttempts`: an invocation that times out answers nothing.
 * @param observe is told what became of each message once the rows are stored
 * @throws when the rows cannot be stored, tried again for a while: every message is then delivered again
 */
export function classifyHandler(
  ports: ClassifyPorts & CropReaderPorts & { readonly results: ResultsWriter },
  observe: (outcomes: readonly ClassifyOutcome[]) => void = () => {},
): (event: unknown) => Promise<BatchResponse> {
  const results: ResultsWriter = { append: (rows) => appendRowsBriefly(rows, ports.results) };
  return async (event) => {
    const envelopes = parseSqsEvent(event).map(envelopeIn);
    await recordFinalAttempts(envelopes, { ...ports, results });
    const deliveries = await readCrops(envelopes, ports);
    const { batchSize } = ports;
    const starts = Array.from({ length: Math.ceil(deliveries.length / batchSize) }, (_, batch) => batch * batchSize);
    const batches = await pMap(starts, (start) => classify(deliveries.slice(start, start + batchSize), ports), {
      concurrency: ports.session.parallel,
    });
    const outcomes = batches.flat();
    await results.append(outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined));
    observe(outcomes);
    return toBatchResponse(outcomes);
  };
}

/** A message as a delivery, its receipt the message's id. */
export function envelopeIn({ messageId, body, attempt }: SqsRecord): Delivery<CropEnvelope> {
  return { receipt: messageId, attempt, body: decoded(body) };
}

function decoded(body: string): CropEnvelope | Failure {
  try {
    return decodeCropEnvelope(body);
  } catch (error) {
    return Failure.from(error);
  }
}
