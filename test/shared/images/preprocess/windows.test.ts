import { expect, it } from 'vitest';
import { cutWindows, fiveWindows } from '../../../../shared/images/preprocess/windows.ts';

it('the five windows of an image are its corners and its center', () => {
  expect(fiveWindows({ width: 36, height: 40 }, { width: 32, height: 32 })).toEqual([
    { left: 0, top: 0 },
    { left: 4, top: 0 },
    { left: 0, top: 8 },
    { left: 4, top: 8 },
    { left: 2, top: 4 },
  ]);
});

it('all five windows of an image no larger than the window are the image', () => {
  const size = { width: 4, height: 3 };
  const data = Buffer.from(Array.from({ length: 36 }, (_, index) => index));
  const windows = fiveWindows(size, size);
  expect(cutWindows({ ...size, data }, windows, size)).toEqual(Buffer.concat(Array.from({ length: 5 }, () => data)));
});

it('an image with too few bytes is corrupt and never read beyond its end', () => {
  const size = { width: 4, height: 4 };
  expect(() => cutWindows({ ...size, data: Buffer.alloc(47) }, [{ left: 0, top: 0 }], size)).toThrow(
    'expected 48 bytes of RGB after decoding, got 47',
  );
});
