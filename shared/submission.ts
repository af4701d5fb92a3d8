import { messageJson } from './message-json.ts';
import type { UploadEvent } from './upload-event.ts';

/** Of the shape of a submission: another one is another version. */
const version = 1;

/** An object that was there before the pipeline was, as the message that asks for its classification. */
export function encodeSubmission({ job, bucket, key, versionId, etag, size, eventTime }: UploadEvent): string {
  return messageJson({ submission: version, job, images: [{ bucket, key, versionId, etag, size, eventTime }] });
}
