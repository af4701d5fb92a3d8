import { readFile } from 'node:fs/promises';
import { decodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { MalformedEvent } from '../../../shared/events/malformed-event.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { parseSqsEvent } from '../../../shared/events/sqs-event.ts';
import { messageOf, type UploadMessage } from '../../../shared/events/upload-message.ts';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';

/** An event as its handler receives it. */
export interface CapturedEvent {
  readonly event: unknown;
  readonly messages: number;
  readonly handler: 'ingest' | 'classify';
  /** Whether the handler will read an object. */
  readonly readsObjects: boolean;
  /** Names of the S3 events that are neither an upload nor a deletion, which the handler ignores. */
  readonly otherEvents: readonly string[];
  readonly invalidRecords: readonly InvalidRecord[];
}

/** A record that leaves no row and returns its message to the queue. */
export interface InvalidRecord {
  readonly messageId: string;
  /** For example `record 2 of 3: expected a form-encoded key, …`. */
  readonly problem: string;
}

/**
 * Reads a captured event: the input of a Lambda function behind a queue or SNS, or a bare S3, EventBridge or SNS event. All
 * but the batch of a queue become the only message of a batch.
 * @throws {UserError} if the file cannot be read, is not JSON, has no messages, or is neither an object nor a list of
 *   EventBridge events
 */
export async function readCapturedEvent(path: string): Promise<CapturedEvent> {
  const captured = await readJson(path);
  if (typeof captured !== 'object' || captured === null || !mayBeEvent(captured)) {
    const content = Array.isArray(captured) ? 'an array' : (JSON.stringify(captured) ?? '').slice(0, 80);
    throw new UserError(`${path} is not an event of Lambda, S3, EventBridge or SNS: it contains ${content}`);
  }
  const event = isQueueBatch(captured) ? captured : asOneMessage(captured);
  const records = parseSqsEvent(event);
  if (records.length === 0) throw new UserError(`${path} has no messages: its list of Records is empty`);
  const handler = records.some(({ body }) => isCropMessage(body)) ? 'classify' : 'ingest';
  const messages = handler === 'ingest' ? records.map(({ body }) => uploadsIn(body)) : [];
  const readsObjects =
    messages.some(({ events }) => events.some(({ kind }) => kind === 'created')) ||
    (handler === 'classify' && records.some(({ body }) => hasPackedPixels(body)));
  const otherEvents = messages.flatMap((message) => message.otherEvents);
  const invalidRecords = messages.flatMap((message, index) =>
    message.invalidRecords.map((problem) => ({ messageId: records[index]?.messageId ?? '', problem })),
  );
  return { event, messages: records.length, handler, readsObjects, otherEvents, invalidRecords };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (errorCode(cause) === 'EISDIR') {
      throw new UserError(`${path} is a folder: give a JSON file with an event`, { cause });
    }
    throw new UserError(`cannot read the event ${path}: ${firstIssue(cause)}`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON: ${firstIssue(cause)}`, { cause });
  }
}

function mayBeEvent(captured: object): boolean {
  if (!Array.isArray(captured)) return true;
  return captured.some((event) => typeof event === 'object' && event !== null && 'detail-type' in event);
}

function isQueueBatch(value: unknown): boolean {
  try {
    parseSqsEvent(value);
    return true;
  } catch {
    return false; // a bare event, or an unknown shape that the handler reports
  }
}

function asOneMessage(captured: unknown): unknown {
  return {
    Records: [
      {
        messageId: 'replayed',
        body: JSON.stringify(captured),
        attributes: { ApproximateReceiveCount: '1' },
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:local:000000000000:replay',
      },
    ],
  };
}

function isCropMessage(body: string): boolean {
  try {
    const message: unknown = JSON.parse(body);
    return typeof message === 'object' && message !== null && 'tensor' in message;
  } catch {
    return false; // not JSON: ingest reports it
  }
}

function hasPackedPixels(body: string): boolean {
  try {
    return 'slice' in decodeCropEnvelope(body).tensor;
  } catch {
    return false; // classify reports it
  }
}

function uploadsIn(body: string): UploadMessage {
  try {
    return parseUploadEvents(body);
  } catch (error) {
    // Ingest reports it.
    return messageOf({ invalidRecords: error instanceof MalformedEvent ? error.invalidRecords : [] });
  }
}
