import { z } from 'zod';
import { firstIssue } from '../failures/first-issue.ts';
import { jobOfKey } from '../stores/keys.ts';
import { MalformedEvent } from './malformed-event.ts';
import { parseSubmission } from './submission.ts';

/** An object that was put into a bucket or taken out of it. */
export interface UploadEvent {
  /** Deleted: the one version that is named or, without one, the key as a whole. */
  readonly kind: 'created' | 'deleted';
  readonly bucket: string;
  /** As the object is called, decoded. */
  readonly key: string;
  /** Where the bucket keeps versions. */
  readonly versionId?: string | undefined;
  /** Without quotation marks. */
  readonly etag?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  /** Orders the events of one key: padded on the left with zeros to one length, then compared as text. */
  readonly sequencer?: string | undefined;
  readonly eventTime: Date;
  readonly job: string;
  /** Whether somebody named this very object, as a submission does: its name is then that of no clutter. */
  readonly requested?: true | undefined;
}

const name = z.string().min(1);
const timestamp = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
/** Left out or empty where the bucket keeps no versions; `null` names the one that is overwritten: not an identity. */
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
 * In a bucket with versions a deletion without a version only puts a marker on top, whose own id the event then names:
 * no version of an image, so such an event counts as the deletion of the key as a whole.
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
 * The uploads and deletions that one message tells of: an S3 notification, S3's test event (none), an EventBridge
 * event of S3, one of these as an SNS notification, or a submission. What else S3 reports (tags, storage classes) is left out; the
 * return of an object from an archive counts as its upload.
 *
 * @param body of the message: its text, or that parsed as JSON
 * @throws {MalformedEvent} when the message is something else, or a key in it is wrongly encoded
 */
export function parseUploadEvents(body: unknown): UploadEvent[] {
  const message = parsedJson(body);
  if (has(message, 'submission')) return parseSubmission(message);
  if (!has(message, 'TopicArn')) return parseS3(message);
  return parseS3(parsedJson(checked(snsSchema, message, 'an SNS notification').Message));
}

function parseS3(message: unknown): UploadEvent[] {
  if (has(message, 'Records')) return fromNotification(message);
  if (has(message, 'detail-type')) return fromEventBridge(message);
  if (testEventSchema.safeParse(message).success) return [];
  throw new MalformedEvent(
    `expected an S3 notification, an EventBridge event, an SNS notification of one or a submission, got ${described(message)}`,
  );
}

function fromNotification(message: unknown): UploadEvent[] {
  const { Records } = checked(notificationSchema, message, 'an S3 notification');
  return Records.flatMap(({ eventName, eventTime, s3: { bucket, object } }) => {
    const kind = kindOfName(eventName);
    if (kind === undefined) return [];
    const { eTag: etag, size, sequencer } = object;
    const key = formDecoded(object.key);
    const versionId = eventName.endsWith(deleteMarker.inNotification) ? undefined : object.versionId;
    return { kind, bucket: bucket.name, key, versionId, etag, size, sequencer, eventTime, job: jobOfKey(key) };
  });
}

function fromEventBridge(message: unknown): UploadEvent[] {
  const event = checked(eventBridgeSchema, message, 'an EventBridge event of S3');
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

/** Keys in S3's own notifications are encoded as a form is: `+` for a space, percent and hexadecimal for the rest. */
function formDecoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new MalformedEvent(`expected a form-encoded key, got ${JSON.stringify(key)}`, { cause });
  }
}

function parsedJson(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new MalformedEvent(`expected an S3 event as JSON, got ${described(body)}`, { cause });
  }
}

function checked<T>(schema: z.ZodType<T>, message: unknown, expected: string): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw new MalformedEvent(`expected ${expected}: ${firstIssue(parsed.error)}`, { cause: parsed.error });
}

function has(message: unknown, field: string): message is object {
  return typeof message === 'object' && message !== null && Object.hasOwn(message, field);
}

/** What came, in a few words of one line: a message may hold megabytes. */
function described(message: unknown): string {
  if (Array.isArray(message)) return 'an array';
  if (typeof message !== 'object' || message === null) return shortened(JSON.stringify(message) ?? String(message));
  const fields = Object.keys(message);
  return fields.length === 0 ? 'an empty object' : shortened(`an object with ${fields.join(', ')}`);
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
