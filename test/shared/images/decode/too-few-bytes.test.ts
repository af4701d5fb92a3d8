import { describe, expect, it } from 'vitest';
import { gifFrame } from '../../../../shared/images/decode/gif-frame.ts';
import { tooFewBytes } from '../../../../shared/images/decode/too-few-bytes.ts';
import { smallFrame } from '../../../support/formats/gif-cases.ts';
import { scene } from '../../../support/formats/scene.ts';

describe('the bytes of a GIF are compared with the pixels of its first frame', () => {
  it('not with those of its screen', async () => {
    const bytes = await smallFrame();
    expect(bytes.length).toBeLessThan(500);
    expect(gifFrame(bytes)).toEqual({ left: 0, top: 0, width: 20, height: 20 });
    expect(tooFewBytes(bytes, 'gif', { width: 2000, height: 2000 })).toBeUndefined();
  });

  it('which is found after the color table and extensions', async () => {
    const bytes = await scene().gif().toBuffer();
    expect(gifFrame(bytes)).toEqual({ left: 0, top: 0, width: 96, height: 64 });
    for (let length = 0; length < bytes.length; length += 1) {
      expect([undefined, { left: 0, top: 0, width: 96, height: 64 }]).toContainEqual(
        gifFrame(bytes.subarray(0, length)),
      );
    }
  });
});
