import { expect, it } from 'vitest';
import { decoderReport } from '../../../../shared/images/cropper/decode-messages.ts';

const tensor = { count: 1, height: 2, width: 2, scale: [1, 1, 1], zeroPoint: [0, 0, 0], pixels: new Uint8Array(12) };
const done = (changes: object) => ({
  kind: 'done',
  residentBytes: 1,
  result: { kind: 'crop', image: { tensor: { ...tensor, ...changes }, width: 4, height: 3, format: 'jpeg' } },
});

it('crops are taken as they are', () => {
  expect(decoderReport.parse(done({}))).toEqual(done({}));
});

const pictureReport = (pixels: Uint8Array) => ({
  kind: 'done',
  residentBytes: 1,
  result: { kind: 'picture', image: { picture: { pixels, width: 2, height: 2 }, width: 4, height: 3, format: 'jpeg' } },
});

it('a picture is taken as it is', () => {
  expect(decoderReport.parse(pictureReport(new Uint8Array(12)))).toEqual(pictureReport(new Uint8Array(12)));
});

it.each([
  ['a picture with fewer bytes than its size', pictureReport(new Uint8Array(11))],
  ['crops with fewer bytes than their size', done({ pixels: new Uint8Array(11) })],
  ['crops of no bytes', done({ pixels: 'bytes' })],
  ['an unknown reason', { kind: 'failed', reason: 'constructor', message: '', residentBytes: 1 }],
  ['a negative hold', { kind: 'hold', id: 1, bytes: -1 }],
  ['a hold of no number', { kind: 'hold', id: 1, bytes: Number.NaN }],
  ['another kind', { kind: 'exceeded' }],
  ['nothing', undefined],
])('%s is no report', (_, report) => {
  expect(decoderReport.safeParse(report).success).toBe(false);
});
