import { z } from 'zod';
import { firstIssue } from '../failures/first-issue.ts';
import { parseEventBridge } from './event-bridge.ts';
import { name } from './event-fields.ts';
import { MalformedEvent } from './malformed-event.ts';
import { parseNotificationRecord } from './notification-record.ts';
import { parseSubmission } from './submission.ts';
import { messageOf, parseRecords, type UploadMessage } from './upload-message.ts';

const testEventSchema = z.object({ Service: z.literal('Amazon S3'), Event: z.literal('s3:TestEvent') });
const recordsSchema = z.object({ Records: z.array(z.unknown()) });
const snsSchema = z.object({ Type: z.literal('Notification'), TopicArn: name, Message: z.string() });
/** How SNS invokes a function; the names of its fields begin with capitals, unlike those of S3. */
const snsRecordSchema = z.object({ EventSource: z.literal('aws:sns'), Sns: snsSchema });

/**
 * The uploads and deletions in one message: an S3 notification, the S3 test event (none), one or several EventBridge events
 * of S3, one of these in an SNS notification or in the records that SNS passes to a function, or a submission. Other S3
 * events (tags, storage classes) are only named; the restoration of an object from an archive counts as an upload.
 *
 * @param body the message as text or as parsed JSON
 * @throws {MalformedEvent} if the message is anything else, or none of its records is valid
 */
export function parseUploadEvents(body: unknown): UploadMessage {
  const message = parseJson(body);
  if (has(message, 'submission')) return parseSubmission(message);
  if (has(message, 'TopicArn')) return parseSns(snsSchema, message, ({ Message }) => Message);
  if (isSnsBatch(message)) {
    return parseRecords(message.Records, (record) => parseSns(snsRecordSchema, record, ({ Sns }) => Sns.Message));
  }
  return parseS3(message);
}

function parseSns<T>(schema: z.ZodType<T>, message: unknown, textOf: (sns: T) => string): UploadMessage {
  return parseS3(parseJson(textOf(parseAs(schema, message, 'an SNS notification'))));
}

function parseS3(message: unknown): UploadMessage {
  if (has(message, 'Records')) {
    const { Records } = parseAs(recordsSchema, message, 'an S3 notification');
    return parseRecords(Records, (record, index) => parseNotificationRecord(record, `Records.${index}`));
  }
  if (isEventBridgeList(message)) return parseRecords(message, parseEventBridge);
  if (has(message, 'detail-type')) return parseEventBridge(message);
  if (testEventSchema.safeParse(message).success) return messageOf({ otherEvents: ['TestEvent'] });
  throw new MalformedEvent(
    `expected an S3 notification, an EventBridge event, an SNS notification of one or a submission, got ${describe(message)}`,
  );
}

function isSnsBatch(message: unknown): message is { readonly Records: readonly unknown[] } {
  const parsed = recordsSchema.safeParse(message);
  return parsed.success && parsed.data.Records.some((record) => has(record, 'EventSource'));
}

/** EventBridge Pipes and targets with an input transformer may deliver lists. */
function isEventBridgeList(message: unknown): message is readonly unknown[] {
  return Array.isArray(message) && message.some((event) => has(event, 'detail-type'));
}

function parseJson(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new MalformedEvent(`expected an S3 event as JSON, got ${describe(body)}`, { cause });
  }
}

function parseAs<T>(schema: z.ZodType<T>, message: unknown, expected: string): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw new MalformedEvent(`expected ${expected}: ${firstIssue(parsed.error)}`, { cause: parsed.error });
}

function has(message: unknown, field: string): message is object {
  return typeof message === 'object' && message !== null && Object.hasOwn(message, field);
}

/** A message in a few words on one line, since it may hold megabytes. */
function describe(message: unknown): string {
  if (Array.isArray(message)) return 'an array';
  if (typeof message !== 'object' || message === null) return shorten(JSON.stringify(message) ?? String(message));
  const fields = Object.keys(message);
  return fields.length === 0
    ? 'an empty object'
    : shorten(`an object with the field${fields.length === 1 ? '' : 's'} ${fields.join(', ')}`);
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
