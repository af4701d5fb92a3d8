import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import { jobNameSchema } from '../jobs/job-name.ts';
import type { Codec } from '../stores/codec.ts';
import { name, timestamp } from './event-fields.ts';
import { MalformedEvent } from './malformed-event.ts';
import { messageJson } from './message-json.ts';
import type { UploadEvent } from './upload-event.ts';
import { messageOf, parseRecords, type UploadMessage } from './upload-message.ts';

/** Increase it when the format of submissions changes. */
const version = 1;

const submissionSchema = z.object({
  submission: z.literal(version),
  job: jobNameSchema,
  images: z.array(z.unknown()).min(1),
});
const imageSchema = z.object({
  bucket: name,
  key: name,
  versionId: name.optional(),
  etag: name,
  size: z.int().nonnegative(),
  eventTime: timestamp,
});

/** The message that requests the classification of an existing object. */
export function encodeSubmission({ job, bucket, key, versionId, etag, size, eventTime }: UploadEvent): string {
  return messageJson({ submission: version, job, images: [{ bucket, key, versionId, etag, size, eventTime }] });
}

/**
 * The images of a submission, as events of their upload. An invalid image does not affect the others.
 * @param message parsed JSON with a field `submission`
 * @throws {MalformedEvent} for another version, an invalid field, or if no image is valid
 */
export function parseSubmission(message: object): UploadMessage {
  const parsed = submissionSchema.safeParse(message);
  if (!parsed.success) throw new MalformedEvent(describeProblem(message, parsed.error), { cause: parsed.error });
  const { job, images } = parsed.data;
  return parseRecords(images, (image, index) => {
    const checked = imageSchema.safeParse(image);
    if (checked.success) {
      return messageOf({ events: [{ kind: 'created', ...checked.data, job, requested: true }] });
    }
    const problem = `images.${index}.${firstIssue(checked.error)}`;
    throw new MalformedEvent(`expected a submission of images: ${problem}`, { cause: checked.error });
  });
}

function describeProblem(message: object, error: z.ZodError): string {
  const got = 'submission' in message && message.submission;
  if (typeof got !== 'number' || got === version) return `expected a submission of images: ${firstIssue(error)}`;
  return `expected a submission of version ${version}, got version ${got}: deploy the release that it was submitted with`;
}

/** Messages of the uploads queue with one image each. */
export const submissionCodec: Codec<UploadEvent> = {
  encode: encodeSubmission,
  decode(text) {
    const message: unknown = JSON.parse(text);
    const { events, invalidRecords } =
      typeof message === 'object' && message !== null ? parseSubmission(message) : messageOf({});
    const [event, ...others] = events;
    if (event !== undefined && others.length === 0 && invalidRecords.length === 0) return event;
    throw new Failure('invalid_event', 'expected a submission of one image');
  },
};
