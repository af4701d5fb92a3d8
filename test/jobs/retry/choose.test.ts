import { describe, expect, it } from 'vitest';
import { canBeSubmitted, chosenReason, failureFilter, retryRoute } from '../../../jobs/retry/choose.ts';
import type { DiagnosedLetter } from '../../../jobs/retry/diagnose-letters.ts';
import { readDeadLetter } from '../../../jobs/retry/read-dead-letter.ts';
import { encodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { encodeSubmission } from '../../../shared/events/submission.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { Failure, type FailureReason, failureReasons } from '../../../shared/failures/failure.ts';
import { cropOf } from '../../support/crops.ts';
import { s3Record } from '../../support/sqs-event.ts';

const event: UploadEvent = {
  kind: 'created',
  bucket: 'drop',
  key: 'a.jpg',
  etag: 'e',
  size: 1,
  eventTime: new Date(0),
  job: 'test',
};

function judged(reasons: readonly FailureReason[], changes: Partial<DiagnosedLetter> = {}): DiagnosedLetter {
  return { queue: 'uploads', events: [event], isFinished: false, letter: { id: '1', body: '' }, reasons, ...changes };
}

const unreadable = { events: new Failure('invalid_crop', 'no crops') };

describe('the selection of failures', () => {
  it('contains the retryable reasons by default, or the named ones', () => {
    const content = ['empty', 'not_an_image', 'unsupported_format', 'corrupt', 'truncated', 'invalid_event'];
    const others = Object.keys(failureReasons).filter((reason) => !content.includes(reason));
    expect(failureFilter({}).reasons).toEqual(others);
    expect(failureFilter({ job: 'a', named: ['corrupt'] })).toEqual({ job: 'a', reasons: ['corrupt'] });
  });

  it.each<[string, DiagnosedLetter, FailureReason[] | undefined, FailureReason | undefined]>([
    ['a letter with a retryable reason', judged(['timeout']), undefined, 'timeout'],
    ['no letter with a content reason', judged(['corrupt']), undefined, undefined],
    ['a letter with a named reason', judged(['corrupt']), ['corrupt'], 'corrupt'],
    ['no letter with another reason', judged(['timeout']), ['corrupt'], undefined],
    ['a letter with one retryable image among others', judged(['corrupt', 'timeout']), undefined, 'timeout'],
    ['no letter whose images are done', judged([]), undefined, undefined],
    ['no unreadable letter', judged(['invalid_crop'], unreadable), undefined, undefined],
    [
      'an unreadable letter with a named reason',
      judged(['invalid_crop'], unreadable),
      ['invalid_crop'],
      'invalid_crop',
    ],
  ])('contains %s', (_, letter, named, expected) => {
    expect(chosenReason(letter, { named })).toBe(expected);
  });
});

describe('a dead letter is retried', () => {
  const crops = { queue: 'crops' } as const;
  it.each<[string, DiagnosedLetter, boolean, ReturnType<typeof retryRoute>]>([
    ['on the uploads queue it came from', judged(['timeout']), true, 'uploads'],
    ['on the crops queue it came from', judged(['timeout'], crops), true, 'crops'],
    ['as a submission without a crops queue', judged(['timeout'], crops), false, 'submission'],
    ['as a submission if its crops are gone', judged(['crops_gone'], crops), true, 'submission'],
    ['as a submission if its crops do not fit the model', judged(['invalid_crop'], crops), true, 'submission'],
    ['on the crops queue if it cannot be read', judged(['invalid_crop'], { ...crops, ...unreadable }), true, 'crops'],
    [
      'not at all if it cannot be read and there is no crops queue',
      judged(['invalid_crop'], { ...crops, ...unreadable }),
      false,
      undefined,
    ],
  ])('%s', (_, letter, hasCropsQueue, expected) => {
    expect(retryRoute(letter, hasCropsQueue)).toBe(expected);
  });
});

describe('an image can be submitted', () => {
  it('only from a bucket, with etag, size and a valid job name', () => {
    expect(canBeSubmitted(event)).toBe(true);
    expect(canBeSubmitted({ ...event, bucket: '/home/photos' })).toBe(false);
    expect(canBeSubmitted({ ...event, etag: undefined })).toBe(false);
    expect(canBeSubmitted({ ...event, size: undefined })).toBe(false);
    expect(canBeSubmitted({ ...event, job: '..' })).toBe(false);
  });
});

describe('readDeadLetter', () => {
  it('recognizes the queue by the content', () => {
    const { image, job, bytes: size, eventTime } = cropOf();
    const ofCrops = { queue: 'crops', events: [{ kind: 'created', ...image, job, size, eventTime }] };
    expect(readDeadLetter(encodeCropEnvelope(cropOf()))).toEqual(ofCrops);
    expect(readDeadLetter(encodeSubmission(event))).toMatchObject({ queue: 'uploads', events: [event] });
  });

  it('gives the reason of an invalid record next to a valid one', () => {
    const valid = s3Record('drop', 'a.jpg');
    const invalid = { ...valid, s3: {} };
    expect(readDeadLetter(JSON.stringify({ Records: [valid, invalid] }))).toMatchObject({
      queue: 'uploads',
      events: { reason: 'invalid_event', message: expect.stringContaining('record 2 of 2: ') },
    });
  });

  it('gives the reason of the parser if the body is invalid', () => {
    expect(readDeadLetter('{"tensor":1}')).toMatchObject({ queue: 'crops', events: { reason: 'invalid_crop' } });
    expect(readDeadLetter('{"key":"tensor"}')).toMatchObject({ queue: 'uploads', events: { reason: 'invalid_event' } });
    expect(readDeadLetter('nothing')).toMatchObject({ queue: 'uploads', events: { reason: 'invalid_event' } });
  });
});
