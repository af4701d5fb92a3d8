import { gzipSync } from 'node:zlib';
import { heic, jpeg2000, jpegXl } from './encoded.ts';
import { casesOf, type FormatCase, notAnImage, rejected, unknownFormat, unsupported } from './format-case.ts';
import { namedCases } from './named-cases.ts';

const latin = (text: string) => () => Buffer.from(text, 'latin1');
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
const noHevc = 'image/heic, which this build of sharp does not decode';
const compressed = (type: string) => notAnImage(`${type}, a compressed file: extract the images in it`);

export const otherCases: readonly FormatCase[] = [
  ...namedCases,
  ...casesOf('HEIC', 'heic', [
    ['HEVC', unsupported(noHevc), () => heic],
    ['its first box only', unsupported(noHevc), latin('\0\0\0\x18ftypheic\0\0\0\0mif1heic')],
    [
      'sequence',
      unsupported('image/heic-sequence, which this build of sharp does not decode'),
      latin('\0\0\0\x18ftyphevc\0\0\0\0msf1hevc'),
    ],
  ]),
  ...casesOf('SVG', 'svg', [
    ['plain', unsupported('image/svg+xml'), latin(svg)],
    [
      'after a declaration, a comment and a document type',
      unsupported('image/svg+xml'),
      latin(
        `\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<!DOCTYPE svg PUBLIC "a" "b" [ <!ENTITY c "d"> ]>\n${svg}`,
      ),
    ],
    ['gzipped', compressed('application/gzip'), () => gzipSync(svg)],
  ]),
  ...casesOf('PDF', 'pdf', [['1.7', unsupported('application/pdf'), latin('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n')]]),
  ...casesOf('JPEG XL', 'jxl', [['codestream without a container', unsupported('image/jxl'), () => jpegXl]]),
  ...casesOf('JPEG 2000', 'jp2', [['JP2', unsupported('image/jp2'), () => jpeg2000]]),
  ...casesOf('BMP', 'bmp', [['header', unsupported('image/bmp'), latin(`BM${'\0'.repeat(60)}`)]]),
  ...casesOf('ICO', 'ico', [
    ['header', unsupported('image/x-icon'), latin('\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0')],
  ]),
  ...casesOf('PSD', 'psd', [
    [
      'header',
      unsupported('image/vnd.adobe.photoshop'),
      latin('8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x40\0\0\0\x40\0\x08\0\x03'),
    ],
  ]),
  ...casesOf('OpenEXR', 'exr', [['header', unsupported('image/x-exr'), latin('v/1\x01\x02\0\0\0')]]),
  ...casesOf('Radiance', 'hdr', [
    ['header', unsupported('image/vnd.radiance'), latin('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n')],
  ]),
  ...casesOf('PPM', 'ppm', [['binary', unsupported('image/x-portable-anymap'), latin('P6\n# made\n1 1\n255\nabc')]]),
  ...casesOf('FITS', 'fits', [
    ['header', unsupported('image/fits'), latin('SIMPLE  =                    T'.padEnd(80))],
  ]),
  ...casesOf('Camera raw', 'raw', [
    ['CR3', unsupported('image/x-canon-cr3'), latin('\0\0\0\x18ftypcrx \0\0\0\x01crx isom')],
    ['ORF', unsupported('image/x-olympus-orf'), latin('IIRO\x08\0\0\0\x18\0\0\0')],
    ['RAF', unsupported('image/x-fujifilm-raf'), latin('FUJIFILMCCD-RAW 0201')],
  ]),
  ...casesOf('Not an image', 'none', [
    ['text', notAnImage(unknownFormat), latin('not an image at all\n')],
    ['text that starts like an XBM', notAnImage(unknownFormat), latin('#define width of a river\n#define height 3\n')],
    ['bytes that start like a PCX', notAnImage(unknownFormat), latin(`\x0a\x05\x01\x08${'\xff'.repeat(200)}`)],
    ['bytes that start like a TGA', notAnImage(unknownFormat), latin(`\0\0\x0a\0\0${'\x18'.repeat(200)}`)],
    ['text that starts like a PPM', notAnImage(unknownFormat), latin('P1 incident, 3 o clock\n')],
    ['HTML', notAnImage(unknownFormat), latin('<!DOCTYPE html><html><body>not found</body></html>')],
    ['HTML that contains an SVG', notAnImage(unknownFormat), latin(`<!DOCTYPE html><html><body>${svg}</body></html>`)],
    [
      'XML',
      notAnImage('application/xml, not an image'),
      latin('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    ],
    ['JSON', notAnImage(unknownFormat), latin('{"message": "not found"}')],
    ['ZIP', compressed('application/zip'), latin(`PK\x03\x04\x14\0\0\0\x08\0${'\0'.repeat(40)}`)],
    ['MP4', notAnImage('video/mp4, not an image'), latin('\0\0\0\x18ftypmp42\0\0\0\0mp42isom')],
    ['empty', rejected('empty', 'the file is empty'), () => Buffer.alloc(0)],
    ['one byte', notAnImage(unknownFormat), () => Buffer.from([0xff])],
  ]),
];
