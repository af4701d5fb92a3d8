import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../../shared/failures/failure.ts';
import { gifPixels } from '../../../../../shared/images/decode/ending/gif-pixels.ts';
import { afterExtensions, afterSubBlocks, colorTableBytes } from '../../../../../shared/images/decode/gif-blocks.ts';
import { defaultDecodeLimits } from '../../../../../shared/images/decode/identify.ts';
import { structureParts } from '../../../../../shared/images/decode/structure-parts.ts';
import { cropImage } from '../../../../../shared/images/preprocess/crop-image.ts';
import { smallRule } from '../../../../support/formats/rules.ts';
import { height, scene, width } from '../../../../support/formats/scene.ts';

/** Offset of the code size of the first frame. */
function codeSizeOf(gif: Buffer): number {
  const frame = afterExtensions(gif);
  return frame + 10 + colorTableBytes(gif[frame + 9] ?? 0);
}

/** The file with the first blocks of its codes only, correctly ended. */
function cutGifs(gif: Buffer): Buffer[] {
  const start = codeSizeOf(gif) + 1;
  const last = afterSubBlocks(gif, start) - 1;
  const cuts: Buffer[] = [];
  for (let at = start; at < last; at += 1 + (gif[at] ?? 0)) {
    cuts.push(Buffer.concat([gif.subarray(0, at), Buffer.from([0, 0x3b])]));
  }
  return cuts;
}

function reasonOf(gif: Buffer): Promise<string> {
  return cropImage(gif, smallRule('center'), defaultDecodeLimits).then(
    () => 'decoded',
    (error: unknown) => Failure.from(error).reason,
  );
}

describe.each([
  ['plain', {}],
  ['of four colors', { colours: 4 }],
  ['of little effort', { effort: 1 }],
])('a GIF: %s', (_, options) => {
  it('has codes for all its pixels', async () => {
    const gif = await scene().gif(options).toBuffer();
    const wanted = width * height;
    expect(gifPixels(gif, codeSizeOf(gif), wanted)).toBe(wanted);
    expect(gifPixels(gif, codeSizeOf(gif), Number.POSITIVE_INFINITY)).toBe(wanted);
    expect(await reasonOf(gif)).toBe('decoded');
  });

  it('is truncated if blocks of codes are missing, although it ends as it should', async () => {
    const cuts = cutGifs(await scene().gif(options).toBuffer());
    expect(cuts.length).toBeGreaterThan(3);
    for (const cut of cuts) expect(await reasonOf(cut)).toBe('truncated');
  });
});

describe('the codes of a GIF', () => {
  it('that are not valid are left to the decoder', () => {
    // The third code is beyond the entries of the table.
    expect(gifPixels(Buffer.from([2, 2, 0b11_100_100, 0b1]), 0, 100)).toBe(100);
    expect(gifPixels(Buffer.from([0, 1, 0]), 0, 100)).toBe(100);
  });

  it('fill blocks, which count as parts of its structure', async () => {
    const gif = await scene().gif().toBuffer();
    const blocks = cutGifs(gif).length;
    expect(structureParts(gif, 1000)).toBe(blocks + 1); // with the empty one at their end
    expect(structureParts(gif, 2)).toBe(2);
  });
});
