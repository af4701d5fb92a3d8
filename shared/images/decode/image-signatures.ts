import { isTga, isWbmp } from './headerless-formats.ts';

/** A file: its first bytes as text, and all of them. */
type Matches = (head: string, bytes: Buffer) => boolean;

/**
 * Image formats that the library does not know, or does not recognize in a truncated file. Those without a signature of
 * several bytes come last; for them, the whole header must be consistent.
 */
export const imageSignatures: readonly (readonly [type: string, matches: Matches])[] = [
  ['image/tiff', isTiff],
  ['image/qoi', (head) => head.startsWith('qoif')],
  ['image/vnd-ms.dds', (head) => head.startsWith('DDS \x7c\0\0\0')],
  ['image/x-exr', (head) => head.startsWith('v/1\x01')],
  ['image/vnd.radiance', (head) => /^#\?(RADIANCE|RGBE)\n/.test(head)],
  ['image/x-portable-arbitrarymap', (head) => /^P7\n(#[^\n]*\n)*(WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE) /.test(head)],
  ['image/x-portable-floatmap', (head) => /^P[Ff]\n(#[^\n]*\n)*\d+ \d+\n-?\d/.test(head)],
  ['image/x-portable-anymap', (head) => /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s/.test(head)],
  ['image/fits', (head) => head.startsWith('SIMPLE  = ')],
  ['image/x-farbfeld', (head) => head.startsWith('farbfeld')],
  ['image/vnd.djvu', (head) => /^AT&TFORM.{4}DJV/s.test(head)],
  ['image/wmf', (head) => head.startsWith('\xd7\xcd\xc6\x9a')],
  ['image/emf', (head) => head.startsWith('\x01\0\0\0') && head.slice(40, 44) === ' EMF'],
  ['image/ktx2', (head) => head.startsWith('\xabKTX 20\xbb')],
  ['image/x-pvr', (head) => head.startsWith('PVR\x03')],
  ['image/astc', (head) => head.startsWith('\x13\xab\xa1\x5c')],
  ['image/x-ilbm', (head) => /^FORM.{4}(ILBM|PBM )/s.test(head)],
  ['image/x-dpx', (head) => head.startsWith('SDPX') || head.startsWith('XPDS')],
  ['image/cineon', (head) => head.startsWith('\x80\x2a\x5f\xd7')],
  ['image/x-mng', (head) => head.startsWith('\x8aMNG')],
  ['image/x-jng', (head) => head.startsWith('\x8bJNG')],
  ['image/x-pgx', (head) => /^PG (ML|LM) /.test(head)],
  ['image/x-pict', (head) => head.slice(522, 526) === '\0\x11\x02\xff'],
  ['image/x-sun-raster', (head) => head.startsWith('\x59\xa6\x6a\x95')],
  ['image/x-miff', (head) => head.startsWith('id=ImageMagick')],
  ['image/x-vips', (head) => head.startsWith('\x08\xf2\xa6\xb6') || head.startsWith('\xb6\xa6\xf2\x08')],
  ['image/x-xpixmap', (head) => head.startsWith('/* XPM */') || head.startsWith('! XPM2')],
  ['image/x-xbitmap', (head) => /^(\/\*.*?\*\/\s*)?#define\s+\w*width\s+\d+\s+#define\s+\w*height\s+\d+/s.test(head)],
  ['image/x-xwindowdump', (_, bytes) => isXwd(bytes)],
  ['image/sgi', (_, bytes) => isSgi(bytes)],
  ['image/vnd.zbrush.pcx', (_, bytes) => isPcx(bytes)],
  ['image/x-tga', (_, bytes) => isTga(bytes)],
  ['image/vnd.wap.wbmp', (_, bytes) => isWbmp(bytes)],
];

export function isTiff(head: string): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(head.slice(0, 4));
}

/** Length of the header of a dump of X11, and its version. */
function isXwd(bytes: Buffer): boolean {
  const [minHeader, version] = [100, 7];
  return bytes.length >= minHeader && bytes.readUInt32BE(0) >= minHeader && bytes.readUInt32BE(4) === version;
}

/** Storage, bytes per channel and number of dimensions of an SGI image. */
function isSgi(bytes: Buffer): boolean {
  const [, , storage = 0, depth = 0, , dimensions = 0] = bytes;
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== 0x01da) return false;
  return storage <= 1 && (depth === 1 || depth === 2) && dimensions >= 1 && dimensions <= 3;
}

/** Version, coding, bits per channel, corners, a reserved byte, planes and bytes per line of a PCX. */
function isPcx(bytes: Buffer): boolean {
  if (bytes.length < 128 || bytes[0] !== 0x0a || bytes[64] !== 0) return false;
  const [, version = 0, coding = 0, bits = 0] = bytes;
  if (![0, 2, 3, 4, 5].includes(version) || coding > 1 || ![1, 2, 4, 8].includes(bits)) return false;
  const width = bytes.readUInt16LE(8) - bytes.readUInt16LE(4) + 1;
  const height = bytes.readUInt16LE(10) - bytes.readUInt16LE(6) + 1;
  const planes = bytes[65] ?? 0;
  return width > 0 && height > 0 && planes >= 1 && planes <= 4 && bytes.readUInt16LE(66) * 8 >= width * bits;
}
