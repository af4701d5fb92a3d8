import { readFile } from 'node:fs/promises';
import { firstIssue } from '../../shared/first-issue.ts';
import { parseSqsEvent } from '../../shared/sqs-event.ts';
import { UserError } from '../../shared/user-error.ts';

/** An event as a handler takes it, and which handler that is. */
export interface CapturedEvent {
  readonly event: unknown;
  readonly messages: number;
  readonly handler: 'ingest' | 'classify';
}

/**
 * Reads a captured event: what Lambda handed to a function, or a bare S3, EventBridge or SNS event, which is handed on
 * as the one message of a batch.
 * @throws {UserError} when the file cannot be read or is not JSON
 */
export async function readCapturedEvent(path: string): Promise<CapturedEvent> {
  const captured = await readJson(path);
  const event = isQueueBatch(captured) ? captured : inOneMessage(captured);
  const records = parseSqsEvent(event);
  const handler = records.some(({ body }) => isCropMessage(body)) ? 'classify' : 'ingest';
  return { event, messages: records.length, handler };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
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
