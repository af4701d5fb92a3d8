import { z } from 'zod';
import { firstIssue } from '../failures/first-issue.ts';
import { jobOfKey } from '../stores/keys.ts';
import { MalformedEvent } from './malformed-event.ts';
import { parseSubmission } from './submission.ts';
import type { UploadEvent } from './upload-event.ts';

const name = z.string().min(1);
const timestamp = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
/** Empty or missing if the bucket keeps no versions; `null` names a version that is overwritten, so it identifies none. */
const version = z
  .string()
  .optional()
  .transform((text) => (text === '' || text === 'null' ? undefined : text));
const objectFields = {
  key: name,
  size: z.int().nonnegative().optional(),
  sequencer: z.string().optional(),
};

/**
 * In a bucket with versions, a deletion that names no version only adds a delete marker, and the event names the id of
 * that marker. It is not a version of an image, so the event counts as the deletion of the key as a whole.
 */
const deleteMarker = { inNotification: ':DeleteMarkerCreated', inEventBridge: 'Delete Marker Created' };

const testEventSchema = z.object({ Service: z.literal('Amazon S3'), Event: z.literal('s3:TestEvent') });

const notificationSchema = z.object({
  Records: z.array(
    z.object({
      eventSource: z.literal('aws:s3'),
      eventName: name,
      eventTime: timestamp,
      s3: z.object({
        bucket: z.object({ name }),
        object: z.object({ ...objectFields, eTag: z.string().optional(), versionId: version }),
      }),
    }),
  ),
});

const eventBridgeSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': name,
  time: timestamp,
  detail: z.object({
    bucket: z.object({ name }),
    object: z.object({ ...objectFields, etag: z.string().optional(), 'version-id': version }),
    'deletion-type': z.string().optional(),
  }),
});

const snsSchema = z.object({ Type: z.literal('Notification'), TopicArn: name, Message: z.string() });

/**
 * The uploads and deletions in one message: an S3 notification, the S3 test event (none), an EventBridge event of S3, one
 * of these in an SNS notification, or a submission. Other S3 events (tags, storage classes) are ignored; the restoration
 * of an object from an archive counts as an upload.
 *
 * @param body the message as text or as parsed JSON
 * @throws {MalformedEvent} if the message is anything else, or a key in it is encoded wrongly
 */
export function parseUploadEvents(body: unknown): UploadEvent[] {
  const message = parseJson(body);
  if (has(message, 'submission')) return parseSubmission(message);
  if (!has(message, 'TopicArn')) return parseS3(message);
  return parseS3(parseJson(parseAs(snsSchema, message, 'an SNS notification').Message));
}

function parseS3(message: unknown): UploadEvent[] {
  if (has(message, 'Records')) return fromNotification(message);
  if (has(message, 'detail-type')) return fromEventBridge(message);
  if (testEventSchema.safeParse(message).success) return [];
  throw new MalformedEvent(
    `expected an S3 notification, an EventBridge event, an SNS notification of one or a submission, got ${describe(message)}`,
  );
}

function fromNotification(message: unknown): UploadEvent[] {
  const { Records } = parseAs(notificationSchema, message, 'an S3 notification');
  return Records.flatMap(({ eventName, eventTime, s3: { bucket, object } }) => {
    const kind = kindOfName(eventName);
    if (kind === undefined) return [];
    const { eTag: etag, size, sequencer } = object;
    const key = decodeFormKey(object.key);
    const versionId = eventName.endsWith(deleteMarker.inNotification) ? undefined : object.versionId;
    return { kind, bucket: bucket.name, key, versionId, etag, size, sequencer, eventTime, job: jobOfKey(key) };
  });
}

function fromEventBridge(message: unknown): UploadEvent[] {
  const event = parseAs(eventBridgeSchema, message, 'an EventBridge event of S3');
  const kind = kindsOfDetail.get(event['detail-type']);
  if (kind === undefined) return [];
  const { bucket, object } = event.detail;
  const { key, etag, size, sequencer } = object;
  const versionId = event.detail['deletion-type'] === deleteMarker.inEventBridge ? undefined : object['version-id'];
  return [
    { kind, bucket: bucket.name, key, versionId, etag, size, sequencer, eventTime: event.time, job: jobOfKey(key) },
  ];
}

function kindOfName(eventName: string): UploadEvent['kind'] | undefined {
  if (eventName.startsWith('ObjectCreated:') || eventName === 'ObjectRestore:Completed') return 'created';
  return /^(ObjectRemoved|LifecycleExpiration):/.test(eventName) ? 'deleted' : undefined;
}

const kindsOfDetail: ReadonlyMap<string, UploadEvent['kind']> = new Map([
  ['Object Created', 'created'],
  ['Object Restore Completed', 'created'],
  ['Object Deleted', 'deleted'],
]);

/** S3 encodes keys in its own notifications as forms do: `+` for a space, percent-encoding for other characters. */
function decodeFormKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new MalformedEvent(`expected a form-encoded key, got ${JSON.stringify(key)}`, { cause });
  }
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
  return fields.length === 0 ? 'an empty object' : shorten(`an object with ${fields.join(', ')}`);
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
