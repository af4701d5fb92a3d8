import { readFile } from 'node:fs/promises';
import { decodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { parseSqsEvent } from '../../../shared/events/sqs-event.ts';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';

/** An event as a handler takes it, and which handler that is. */
export interface CapturedEvent {
  readonly event: unknown;
  readonly messages: number;
  readonly handler: 'ingest' | 'classify';
  /** Whether it tells of an object that the handler will read. */
  readonly readsObjects: boolean;
}

/**
 * Reads a captured event: what Lambda handed to a function, or a bare S3, EventBridge or SNS event, which is handed on
 * as the one message of a batch.
 * @throws {UserError} when the file cannot be read, is not JSON, or holds no object
 */
export async function readCapturedEvent(path: string): Promise<CapturedEvent> {
  const captured = await readJson(path);
  if (typeof captured !== 'object' || captured === null || Array.isArray(captured)) {
    const got = Array.isArray(captured) ? 'an array' : (JSON.stringify(captured) ?? '').slice(0, 80);
    throw new UserError(
      `expected an event in ${path}: an object that Lambda, S3, EventBridge or SNS sends as JSON, got ${got}`,
    );
  }
  const event = isQueueBatch(captured) ? captured : inOneMessage(captured);
  const records = parseSqsEvent(event);
  const handler = records.some(({ body }) => isCropMessage(body)) ? 'classify' : 'ingest';
  const readsObjects = records.some(({ body }) => (handler === 'ingest' ? tellsOfUpload(body) : pointsToPixels(body)));
  return { event, messages: records.length, handler, readsObjects };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (errorCode(cause) === 'EISDIR') {
      throw new UserError(`expected an event as a JSON file, but ${path} is a folder`, { cause });
    }
    throw new UserError(`cannot read the event ${path}: ${firstIssue(cause)}`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`expected JSON in ${path}: ${firstIssue(cause)}`, { cause });
  }
}

function isQueueBatch(value: unknown): boolean {
  try {
    parseSqsEvent(value);
    return true;
  } catch {
    return false; // one of the other shapes, or nothing known: the handler says so of its message
  }
}

function inOneMessage(captured: unknown): unknown {
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
    return false; // not even JSON: ingest names what is wrong with it
  }
}

function pointsToPixels(body: string): boolean {
  try {
    return 'slice' in decodeCropEnvelope(body).tensor;
  } catch {
    return false; // classify names what is wrong with it
  }
}

function tellsOfUpload(body: string): boolean {
  try {
    return parseUploadEvents(body).some(({ kind }) => kind === 'created');
  } catch {
    return false; // ingest names what is wrong with it
  }
}
