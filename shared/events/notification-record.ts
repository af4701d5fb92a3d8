import { z } from 'zod';
import { firstIssue } from '../failures/first-issue.ts';
import { jobOfKey } from '../stores/keys.ts';
import { name, objectFields, timestamp, version } from './event-fields.ts';
import { MalformedEvent } from './malformed-event.ts';
import type { UploadEvent } from './upload-event.ts';
import { messageOf, type UploadMessage } from './upload-message.ts';

const source = z.enum(['aws:s3', 'minio:s3', 'ceph:s3'], 'expected "aws:s3", "minio:s3" or "ceph:s3"');

const recordSchema = z.object({
  eventSource: source,
  eventName: name,
  eventTime: timestamp,
  s3: z.object({
    bucket: z.object({ name }),
    object: z.object({ ...objectFields, eTag: z.string().optional(), versionId: version }),
  }),
});

/** `ObjectLifecycle:Expiration` is the name in Ceph, also for the parts of an upload that never ended. */
const deletion = /^(ObjectRemoved|LifecycleExpiration|ObjectLifecycle:Expiration):(?!Abort)/;
/**
 * In a bucket with versions, a deletion that names no version only adds a delete marker, and the event names the id of
 * that marker. It is not a version of an image, so the event counts as the deletion of the key as a whole.
 */
const deletionOfKey = /:(DeleteMarkerCreated|Expiration:(Current|DeleteMarker))$/;

/**
 * One record of an S3 notification.
 * @param path of the record in its message
 * @throws {MalformedEvent} if a field is invalid or the key is encoded wrongly
 */
export function parseNotificationRecord(record: unknown, path: string): UploadMessage {
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) {
    const separator = parsed.error.issues[0]?.path.length === 0 ? ': ' : '.';
    const problem = `${path}${separator}${firstIssue(parsed.error)}`;
    throw new MalformedEvent(`expected an S3 notification: ${problem}`, { cause: parsed.error });
  }
  const { eventSource, eventTime, s3 } = parsed.data;
  // MinIO's names have the prefix that S3 uses only in the configuration of a bucket.
  const eventName = parsed.data.eventName.replace(/^s3:/, '');
  const kind = kindOf(eventName);
  if (kind === undefined) return messageOf({ otherEvents: [eventName] });
  const { bucket, object } = s3;
  const { eTag: etag, size, sequencer } = object;
  const key = eventSource === 'ceph:s3' ? object.key : decodeFormKey(object.key);
  const versionId = deletionOfKey.test(eventName) ? undefined : object.versionId;
  return messageOf({
    events: [{ kind, bucket: bucket.name, key, versionId, etag, size, sequencer, eventTime, job: jobOfKey(key) }],
  });
}

function kindOf(eventName: string): UploadEvent['kind'] | undefined {
  if (eventName.startsWith('ObjectCreated:') || eventName === 'ObjectRestore:Completed') return 'created';
  return deletion.test(eventName) ? 'deleted' : undefined;
}

/** S3 and MinIO encode keys as forms do: `+` for a space, percent-encoding for other characters. Ceph does not. */
function decodeFormKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new MalformedEvent(`expected a form-encoded key, got ${JSON.stringify(key)}`, { cause });
  }
}
