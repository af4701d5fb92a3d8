import sharp, { type Sharp } from 'sharp';
import { casesOf, rejected } from './format-case.ts';
import { film, height, pixels, scene, width } from './scene.ts';

const gif = () => scene().gif().toBuffer();

export const gifCases = casesOf('GIF', 'gif', [
  ['still', 2, gif],
  ['interlaced', 2, () => scene().gif({ progressive: true }).toBuffer()],
  ['animated: the first frame', 2, async () => (await film()).gif().toBuffer()],
  ['transparent on the right', 2, () => halfClear().gif().toBuffer(), () => halfWhite()],
  ['65,535 × 65,535 screen, small frame', 2, async () => withNumbers(await gif(), 6, 65_535)],
  ['2000 × 2000 screen, 20 × 20 frame', 2, smallFrame, smallOnWhite],
  [
    '2000 × 2000 screen, 20 × 20 frame, no transparent color',
    2,
    async () => withoutClear(await smallFrame()),
    smallOnWhite,
  ],
  [
    'a frame in the middle of its screen, no transparent color',
    2,
    async () => placed(await opaque(), { width: 2 * width, height: 2 * height, left: 20, top: 10 }),
    () => surrounded({ left: 20, top: 10, right: width - 20, bottom: height - 10 }),
  ],
  [
    'a frame in the middle of its screen, transparent color',
    2,
    async () => placed(await halfClear().gif().toBuffer(), { width: 2 * width, height: 2 * height, left: 20, top: 10 }),
    async () => surrounded({ left: 20, top: 10, right: width - 20, bottom: height - 10 }, sharp(await halfWhite())),
  ],
  [
    'animated, the first frame smaller than its screen',
    2,
    async () =>
      placed(withoutClear(await (await film()).gif().toBuffer()), { width: width + 32, height, left: 32, top: 0 }),
    () => surrounded({ left: 32, top: 0, right: 0, bottom: 0 }),
  ],
  ['without its trailer', 2, async () => (await scene().gif().toBuffer()).subarray(0, -1)],
  [
    'half a file',
    rejected('truncated', 'the image/gif file ends early, after 2000 bytes'),
    async () => (await gif()).subarray(0, 2000),
  ],
  [
    'frame header declares 16,000 × 16,000, pixels of a small image',
    rejected('truncated', '5000 bytes are too few for 16000×16000 pixels of gif'),
    async () => Buffer.concat([withNumbers(await gif(), await frameAt(), 16_000)], 5000),
  ],
  [
    'frame header declares 65,535 × 65,535',
    rejected(
      'too_many_pixels',
      '65535×65535 = 4294836225 pixels are over the limit of 268435456: save a smaller image',
    ),
    async () => withNumbers(await gif(), await frameAt(), 65_535),
  ],
]);

/** Overwrites a width and a height. */
function withNumbers(bytes: Buffer, at: number, side: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt16LE(side, at);
  changed.writeUInt16LE(side, at + 2);
  return changed;
}

/** Offset of the first frame's width: after the screen, the color table, the frame's mark and its position. */
async function frameAt(): Promise<number> {
  const bytes = await gif();
  return bytes.indexOf(0x2c, 13 + 3 * (2 << ((bytes[10] ?? 0) & 7))) + 5;
}

function halfClear(): Sharp {
  const rgba = Array.from({ length: width * height }, (_, index) => [
    ...pixels.subarray(index * 3, index * 3 + 3),
    index % width < width / 2 ? 255 : 0,
  ]);
  return sharp(Uint8Array.from(rgba.flat()), { raw: { width, height, channels: 4 } });
}

function halfWhite(): Promise<Buffer> {
  const laid = pixels.map((value, index) => (Math.floor(index / 3) % width < width / 2 ? value : 255));
  return sharp(laid, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

const [screen, frame] = [2000, 20];
const frameColor = { r: 40, g: 120, b: 200 };

/** A frame of one color in the corner of a screen a hundred times as wide. */
export async function smallFrame(): Promise<Buffer> {
  const create = { width: frame, height: frame, channels: 3, background: frameColor } as const;
  return withNumbers(await sharp({ create }).gif().toBuffer(), 6, screen);
}

function smallOnWhite(): Promise<Buffer> {
  const create = { width: frame, height: frame, channels: 3, background: frameColor } as const;
  const beyond = screen - frame;
  return sharp({ create }).extend({ right: beyond, bottom: beyond, background: 'white' }).png().toBuffer();
}

interface Place {
  /** Of the screen, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the first frame. */
  readonly left: number;
  readonly top: number;
}

/** A larger screen, with the frame at a place on it. */
function placed(gif: Buffer, { width, height, left, top }: Place): Buffer {
  const bytes = Buffer.from(gif);
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  const frame = bytes.indexOf(0x2c, 13 + 3 * (2 << ((bytes[10] ?? 0) & 7)));
  bytes.writeUInt16LE(left, frame + 1);
  bytes.writeUInt16LE(top, frame + 3);
  return bytes;
}

async function opaque(): Promise<Buffer> {
  return withoutClear(await gif());
}

/** Declares in every graphic control extension that no color is transparent. */
export function withoutClear(gif: Buffer): Buffer {
  const bytes = Buffer.from(gif);
  for (let at = bytes.indexOf('\x21\xf9\x04', 'latin1'); at > 0; at = bytes.indexOf('\x21\xf9\x04', at + 1, 'latin1')) {
    bytes[at + 3] = (bytes[at + 3] ?? 0) & 0xfe;
  }
  return bytes;
}

async function surrounded(
  edges: Record<'left' | 'top' | 'right' | 'bottom', number>,
  image = scene(),
): Promise<Buffer> {
  return image
    .extend({ ...edges, background: 'white' })
    .png()
    .toBuffer();
}
