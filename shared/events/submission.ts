import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import { jobNameSchema } from '../jobs/job-name.ts';
import type { Codec } from '../stores/codec.ts';
import { MalformedEvent } from './malformed-event.ts';
import { messageJson } from './message-json.ts';
import type { UploadEvent } from './upload-event.ts';

/** Increase it when the format of submissions changes. */
const version = 1;

const name = z.string().min(1);
const submissionSchema = z.object({
  submission: z.literal(version),
  job: jobNameSchema,
  images: z
    .array(
      z.object({
        bucket: name,
        key: name,
        versionId: name.optional(),
        etag: name,
        size: z.int().nonnegative(),
        eventTime: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
      }),
    )
    .min(1),
});

/** The message that requests the classification of an existing object. */
export function encodeSubmission({ job, bucket, key, versionId, etag, size, eventTime }: UploadEvent): string {
  return messageJson({ submission: version, job, images: [{ bucket, key, versionId, etag, size, eventTime }] });
}

/**
 * The images of a submission, as events of their upload.
 * @param message parsed JSON with a field `submission`
 * @throws {MalformedEvent} for another version or an invalid field
 */
export function parseSubmission(message: object): UploadEvent[] {
  const parsed = submissionSchema.safeParse(message);
  if (parsed.success) {
    const { job, images } = parsed.data;
    return images.map((image) => ({ kind: 'created', ...image, job, requested: true }));
  }
  throw new MalformedEvent(describeProblem(message, parsed.error), { cause: parsed.error });
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
    const [event, ...others] = typeof message === 'object' && message !== null ? parseSubmission(message) : [];
    if (event !== undefined && others.length === 0) return event;
    throw new Failure('invalid_event', 'expected a submission of one image');
  },
};
