import { describe, expect, it } from 'vitest';
import { MalformedEvent } from '../../../shared/events/malformed-event.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { encodeSubmission, submissionCodec } from '../../../shared/events/submission.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';

const image: UploadEvent = {
  kind: 'created',
  bucket: 'archive',
  key: 'photos/a.jpg',
  etag: 'e1',
  size: 1234,
  eventTime: new Date('2026-03-14T10:02:11.125Z'),
  job: 'autumn',
};

/** A submission with changed fields. */
function message(changes: object, imageChanges: object = {}): unknown {
  const { submission, job, images } = JSON.parse(encodeSubmission(image));
  return { submission, job, images: [{ ...images[0], ...imageChanges }], ...changes };
}

describe('a submission', () => {
  it('has the agreed format', () => {
    expect(JSON.parse(encodeSubmission({ ...image, versionId: 'v1', sequencer: '0A' }))).toEqual({
      submission: 1,
      job: 'autumn',
      images: [
        {
          bucket: 'archive',
          key: 'photos/a.jpg',
          versionId: 'v1',
          etag: 'e1',
          size: 1234,
          eventTime: '2026-03-14T10:02:11.125Z',
        },
      ],
    });
  });

  it.each(['photos/a.jpg', 'two words + 100 %.jpg', 'grün/日本.jpg', 'fox 🦊.webp', 'odd \uffff "name"\n.jpg'])(
    'of %j is an upload with its job that was requested',
    (key) => {
      const event = { ...image, key };
      expect(parseUploadEvents(encodeSubmission(event)).events).toEqual([{ ...event, requested: true }]);
      expect(submissionCodec.decode(submissionCodec.encode(event))).toEqual({ ...event, requested: true });
    },
  );

  it('can contain several images', () => {
    const two = message({ images: [JSON.parse(encodeSubmission(image)).images[0], { ...image, key: 'b.jpg' }] });
    expect(parseUploadEvents(JSON.stringify(two)).events.map(({ key }) => key)).toEqual(['photos/a.jpg', 'b.jpg']);
  });

  it('keeps its valid images next to an invalid one', () => {
    const images = ['a.jpg', '', 'c.jpg'].map((key) => ({ ...image, key }));
    const { events, invalidRecords } = parseUploadEvents(JSON.stringify(message({ images })));
    expect(events.map(({ key }) => key)).toEqual(['a.jpg', 'c.jpg']);
    expect(invalidRecords).toEqual([
      expect.stringMatching(/^record 2 of 3: expected a submission of images: images\.1\.key: /),
    ]);
  });

  it.each<[string, unknown, string]>([
    [
      'another version',
      message({ submission: 2 }),
      'expected a submission of version 1, got version 2: deploy the release that it was submitted with',
    ],
    ['no version', message({ submission: 'x' }), 'expected a submission of images: submission: '],
    ['no images', message({ images: [] }), 'expected a submission of images: images: '],
    ['no key', message({}, { key: '' }), 'expected a submission of images: images.0.key: '],
    ['no etag', message({}, { etag: undefined }), 'expected a submission of images: images.0.etag: '],
    ['a negative size', message({}, { size: -1 }), 'expected a submission of images: images.0.size: '],
    ['no time', message({}, { eventTime: 'now' }), 'expected a submission of images: images.0.eventTime: '],
    ['no job', message({ job: '' }), 'expected a submission of images: job: the job name is empty'],
    [
      'a job of two lines',
      message({ job: 'a\nb' }),
      'expected a submission of images: job: the job name contains control characters',
    ],
  ])('with %s is rejected in one line', (_, body, line) => {
    const parse = () => parseUploadEvents(JSON.stringify(body));
    expect(parse).toThrow(MalformedEvent);
    expect(parse).toThrow(line);
  });
});
