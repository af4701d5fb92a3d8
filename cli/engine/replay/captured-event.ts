import { readFile } from 'node:fs/promises';
import { decodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { parseSqsEvent } from '../../../shared/events/sqs-event.ts';
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
}

/**
 * Reads a captured event: the input of a Lambda function, or a bare S3, EventBridge or SNS event, which becomes the
 * only message of a batch.
 * @throws {UserError} if the file cannot be read, is not JSON, or is not an object
 */
export async function readCapturedEvent(path: string): Promise<CapturedEvent> {
  const captured = await readJson(path);
  if (typeof captured !== 'object' || captured === null || Array.isArray(captured)) {
    const content = Array.isArray(captured) ? 'an array' : (JSON.stringify(captured) ?? '').slice(0, 80);
    throw new UserError(`${path} is not an event of Lambda, S3, EventBridge or SNS: it contains ${content}`);
  }
  const event = isQueueBatch(captured) ? captured : asOneMessage(captured);
  const records = parseSqsEvent(event);
  const handler = records.some(({ body }) => isCropMessage(body)) ? 'classify' : 'ingest';
  const readsObjects = records.some(({ body }) => (handler === 'ingest' ? isUpload(body) : hasPackedPixels(body)));
  return { event, messages: records.length, handler, readsObjects };
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

function isUpload(body: string): boolean {
  try {
    return parseUploadEvents(body).events.some(({ kind }) => kind === 'created');
  } catch {
    return false; // ingest reports it
  }
}
