import { casesOf, type FormatCase, unsupported } from './format-case.ts';

const latin = (text: string) => () => Buffer.from(text, 'latin1');

/** The header of a TGA of 2 × 2 pixels without a palette. */
const tgaHeader = (type: number, depth: number) =>
  `\0\0${String.fromCharCode(type)}\0\0\0\0\0\0\0\0\0\x02\0\x02\0${String.fromCharCode(depth)}\0`;
const pcxHeader = '\x0a\x05\x01\x08\0\0\0\0\x3f\0\x3f\0\x64\0\x64\0'.padEnd(65, '\0');

/** Formats that are recognized only to name them. */
export const namedCases: readonly FormatCase[] = [
  named('QOI', 'image/qoi', 'qoif\0\0\0\x40\0\0\0\x40\x03\0'),
  named('DDS', 'image/vnd-ms.dds', 'DDS \x7c\0\0\0\x0f\x10\0\0'),
  named('PCX', 'image/vnd.zbrush.pcx', `${pcxHeader}\x03\x40\0${'\0'.repeat(200)}`),
  named('SGI', 'image/sgi', '\x01\xda\x01\x01\0\x03\0\x40\0\x40\0\x03'),
  named('PAM', 'image/x-portable-arbitrarymap', 'P7\nWIDTH 64\nHEIGHT 64\nDEPTH 3\nMAXVAL 255\nENDHDR\n'),
  named('PFM', 'image/x-portable-floatmap', 'PF\n64 64\n-1.0\n'),
  named('TGA', 'image/x-tga', `${tgaHeader(2, 24)}${'abc'.repeat(4)}`, 'RGB'),
  named('TGA', 'image/x-tga', `${tgaHeader(3, 8)}abcd`, 'gray'),
  named('TGA', 'image/x-tga', `${tgaHeader(10, 24)}\x83abc`, 'run lengths'),
  named('TGA', 'image/x-tga', `${tgaHeader(2, 24)}${'\0'.repeat(20)}TRUEVISION-XFILE.\0`, 'footer'),
  named('Farbfeld', 'image/x-farbfeld', 'farbfeld\0\0\0\x40\0\0\0\x40'),
  named('XPM', 'image/x-xpixmap', '/* XPM */\nstatic char *a[] = {'),
  named('XBM', 'image/x-xbitmap', '#define a_width 16\n#define a_height 7\nstatic char a_bits[] = {'),
  named('WBMP', 'image/vnd.wap.wbmp', '\0\0\x10\x02abcd'),
  named('WMF', 'image/wmf', '\xd7\xcd\xc6\x9a\0\0'),
  named('EMF', 'image/emf', `${'\x01\0\0\0'.padEnd(40, '\0')} EMF`),
  named('DjVu', 'image/vnd.djvu', 'AT&TFORM\0\0\0\x20DJVUINFO'),
  named('ILBM', 'image/x-ilbm', 'FORM\0\0\0\x20ILBMBMHD'),
  named('DPX', 'image/x-dpx', 'SDPX\0\0\x08\0V1.0'),
  named('Cineon', 'image/cineon', '\x80\x2a\x5f\xd7\0\0\x08\0'),
  named('Sun raster', 'image/x-sun-raster', '\x59\xa6\x6a\x95\0\0\0\x40'),
  named('XWD', 'image/x-xwindowdump', '\0\0\0\x69\0\0\0\x07'.padEnd(110, '\0')),
  named('MIFF', 'image/x-miff', 'id=ImageMagick  version=1.0\n'),
  named('MNG', 'image/x-mng', '\x8aMNG\r\n\x1a\n'),
  named('JNG', 'image/x-jng', '\x8bJNG\r\n\x1a\n'),
  named('PGX', 'image/x-pgx', 'PG ML + 8 64 64\n'),
  named('PICT', 'image/x-pict', `${'\0'.repeat(522)}\0\x11\x02\xff`),
  named('vips', 'image/x-vips', '\x08\xf2\xa6\xb6\0\0\0\x40'),
  named('KTX 2', 'image/ktx2', '\xabKTX 20\xbb\r\n\x1a\n'),
  named('PVR', 'image/x-pvr', 'PVR\x03\0\0\0\0'),
  named('ASTC', 'image/astc', '\x13\xab\xa1\x5c\x04\x04\x01'),
  named('KTX', 'image/ktx', '\xabKTX 11\xbb\r\n\x1a\n'),
  named('FLIF', 'image/flif', 'FLIF31\0\x3f\0\x3f'),
  named('BPG', 'image/bpg', 'BPG\xfb\x20\0\x40\x40'),
  named('XCF', 'image/x-xcf', 'gimp xcf v011\0\0\0\0\x40'),
  named('ICNS', 'image/icns', 'icns\0\0\x01\0ic07'),
  named('JPEG XR', 'image/vnd.ms-photo', 'II\xbc\x01\x20\0\0\0\x24\xc3\xdd\x6f'),
  named('JPEG-LS', 'image/jls', '\xff\xd8\xff\xf7\0\x0b\x08\0\x40\0\x40\x01'),
  named('JPEG 2000', 'image/j2c', '\xff\x4f\xff\x51\0\x2f\0\0', 'codestream without a container'),
  named('PostScript', 'application/postscript', '%!PS-Adobe-3.0\n'),
  named('PostScript', 'application/eps', '%!PS-Adobe-3.0 EPSF-3.0\n', 'EPS'),
].flat();

function named(format: string, type: string, text: string, variant = 'header'): FormatCase[] {
  return casesOf(format, type, [[variant, unsupported(type), latin(text)]]);
}
