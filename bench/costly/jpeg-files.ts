import { lutProfile } from './lut-profile.ts';

const [dqt, dht, sof1, sof2, sof9, sof10, sos, app2] = [0xdb, 0xc4, 0xc1, 0xc2, 0xc9, 0xca, 0xda, 0xe2];
const start = Buffer.from([0xff, 0xd8]);
const end = Buffer.from([0xff, 0xd9]);

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

const quantization = segment(dqt, Buffer.alloc(65, 1).fill(0, 0, 1));

/** A Huffman table with one code of one bit. @param id 0 for DC, 0x10 for AC coefficients */
function table(id: number, symbol: number): Buffer {
  return segment(dht, Buffer.from([id, 1, ...Array(15).fill(0), symbol]));
}

function frame(marker: number, side: number, components: number, sampling: readonly number[] = []): Buffer {
  const data = Buffer.alloc(6 + 3 * components);
  data[0] = 8;
  data.writeUInt16BE(side, 1);
  data.writeUInt16BE(side, 3);
  data[5] = components;
  for (let index = 0; index < components; index += 1) data.set([index + 1, sampling[index] ?? 0x11, 0], 6 + index * 3);
  return segment(marker, data);
}

/** @param approximation the last bit that was sent before, and the one that this scan sends */
function scanHeader(ids: readonly number[], first: number, last: number, approximation = 0): Buffer {
  return segment(sos, Buffer.from([ids.length, ...ids.flatMap((id) => [id, 0]), first, last, approximation]));
}

/** Every coefficient in a scan of its own for each of its bits: 882 scans per component, the most of a valid progression. */
function allScans(components: number, data: Buffer): Buffer[] {
  return Array.from({ length: components }, (_, index) =>
    Array.from({ length: 63 * 14 }, (_, scan) => {
      const coefficient = 1 + Math.floor(scan / 14);
      const bit = 13 - (scan % 14);
      const before = bit === 13 ? 0 : bit + 1;
      return [scanHeader([index + 1], coefficient, coefficient, (before << 4) | bit), data];
    }).flat(),
  ).flat();
}

/** Progressive: each scan says that the blocks are empty, 16,384 of them in 15 bits. */
export function progressiveScans(side: number, components = 1): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  const runs = Buffer.alloc(Math.ceil((Math.ceil(blocks / 2 ** 14) * 15) / 8));
  const ids = Array.from({ length: components }, (_, index) => index + 1);
  const dc = [scanHeader(ids, 0, 0), Buffer.alloc(Math.ceil((blocks * components) / 8))];
  const head = [start, quantization, frame(sof2, side, components), table(0, 0), table(0x10, 0xe0), ...dc];
  return Buffer.concat([...head, ...allScans(components, runs), end]);
}

/** Arithmetic coding needs no bytes at all: a scan consists of its header. */
export function arithmeticScans(side: number, components = 1): Buffer {
  const ids = Array.from({ length: components }, (_, index) => index + 1);
  const head = [start, quantization, frame(sof10, side, components), scanHeader(ids, 0, 0)];
  return Buffer.concat([...head, ...allScans(components, Buffer.alloc(0)), end]);
}

/** A single arithmetic scan without bytes. */
export function arithmeticFrame(side: number, components: number): Buffer {
  const ids = Array.from({ length: components }, (_, index) => index + 1);
  return Buffer.concat([start, quantization, frame(sof9, side, components), scanHeader(ids, 0, 63), end]);
}

/** Four inks, each pixel of which is looked up in a table of four dimensions. */
export function inksWithProfile(side: number): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  const profile = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), lutProfile('CMYK', 9)]);
  const scan = Buffer.concat([scanHeader([1, 2, 3, 4], 0, 63), Buffer.alloc(Math.ceil((blocks * 8) / 8))]);
  const head = [start, segment(app2, profile), quantization, frame(sof1, side, 4), table(0, 0), table(0x10, 0)];
  return Buffer.concat([...head, scan, end]);
}
