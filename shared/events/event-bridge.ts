import { z } from 'zod';
import { firstIssue } from '../failures/first-issue.ts';
import { jobOfKey } from '../stores/keys.ts';
import { name, objectFields, timestamp, version } from './event-fields.ts';
import { MalformedEvent } from './malformed-event.ts';
import type { UploadEvent } from './upload-event.ts';
import { messageOf, type UploadMessage } from './upload-message.ts';

const eventSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': name,
  time: timestamp,
  detail: z.object({
    bucket: z.object({ name }),
    object: z.object({ ...objectFields, etag: z.string().optional(), 'version-id': version }),
    'deletion-type': z.string().optional(),
  }),
});

/** As in a notification, the version id of a delete marker is not a version of an image. */
const deleteMarker = 'Delete Marker Created';

const kinds: ReadonlyMap<string, UploadEvent['kind']> = new Map([
  ['Object Created', 'created'],
  ['Object Restore Completed', 'created'],
  ['Object Deleted', 'deleted'],
]);

/**
 * An event of S3 that EventBridge delivers; its key is not encoded.
 * @throws {MalformedEvent} if a field is invalid
 */
export function parseEventBridge(message: unknown): UploadMessage {
  const parsed = eventSchema.safeParse(message);
  if (!parsed.success) {
    const problem = firstIssue(parsed.error);
    throw new MalformedEvent(`expected an EventBridge event of S3: ${problem}`, { cause: parsed.error });
  }
  const { 'detail-type': type, time: eventTime, detail } = parsed.data;
  const kind = kinds.get(type);
  if (kind === undefined) return messageOf({ otherEvents: [type] });
  const { bucket, object } = detail;
  const { key, etag, size, sequencer } = object;
  const versionId = detail['deletion-type'] === deleteMarker ? undefined : object['version-id'];
  return messageOf({
    events: [{ kind, bucket: bucket.name, key, versionId, etag, size, sequencer, eventTime, job: jobOfKey(key) }],
  });
}
