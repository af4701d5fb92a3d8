import sharp, { type Sharp } from 'sharp';

type Encode = (width: number, height: number) => Promise<Buffer>;

const flat = { compressionLevel: 1 };
const lzw = { compression: 'lzw', predictor: 'none' } as const;
const full = { chromaSubsampling: '4:4:4' } as const;
const turned = (image: Sharp) => image.withMetadata({ orientation: 6 });

/** Encoders for every kind of file that decoders treat differently. */
export const pictures: Readonly<Record<string, Encode>> = {
  'JPEG, baseline': encoded((image) => image.jpeg()),
  'JPEG, baseline, turned': encoded((image) => turned(image).jpeg()),
  'JPEG, baseline, CMYK': encoded((image) => image.toColourspace('cmyk').jpeg(full)),
  'JPEG, progressive, 4:2:0': encoded((image) => image.jpeg({ progressive: true })),
  'JPEG, progressive, 4:4:4': encoded((image) => image.jpeg({ progressive: true, ...full })),
  'JPEG, progressive, 4:4:4, turned': encoded((image) => turned(image).jpeg({ progressive: true, ...full })),
  'JPEG, progressive, CMYK': encoded((image) => image.toColourspace('cmyk').jpeg({ progressive: true, ...full })),
  'JPEG, progressive, gray': encoded((image) => gray(image).jpeg({ progressive: true })),
  PNG: encoded((image) => image.png(flat)),
  'PNG, turned': encoded((image) => turned(image).png(flat)),
  'PNG, 16 bits': encoded((image) => image.toColourspace('rgb16').png(flat)),
  'PNG, alpha': encoded((image) => image.ensureAlpha(0.5).png(flat)),
  'PNG, interlaced': encoded((image) => image.png({ ...flat, progressive: true })),
  'PNG, interlaced, alpha, turned': encoded((image) =>
    turned(image.ensureAlpha(0.5)).png({ ...flat, progressive: true }),
  ),
  'PNG, interlaced, 16 bits': encoded((image) => image.toColourspace('rgb16').png({ ...flat, progressive: true })),
  'WebP, lossy': encoded((image) => image.webp({ effort: 0 })),
  'WebP, lossless, turned': encoded((image) => turned(image).webp({ effort: 0, lossless: true })),
  'WebP, alpha, turned': encoded((image) => turned(image.ensureAlpha(0.5)).webp({ effort: 0 })),
  'AVIF, 4:2:0': encoded((image) => image.avif({ effort: 0, chromaSubsampling: '4:2:0' })),
  'AVIF, 4:4:4': encoded((image) => image.avif({ effort: 0 })),
  'AVIF, alpha': encoded((image) => image.ensureAlpha(0.5).avif({ effort: 0 })),
  'AVIF, 10 bits': encoded((image) => image.avif({ effort: 0, bitdepth: 10 })),
  'TIFF, strips': encoded((image) => image.tiff(lzw)),
  'TIFF, strips, turned': encoded((image) => turned(image).tiff(lzw)),
  'TIFF, tiles': encoded((image) => image.tiff({ ...lzw, tile: true })),
  'TIFF, tiles as large as pictures': encoded((image) =>
    image.tiff({ ...lzw, tile: true, tileWidth: 4096, tileHeight: 4096 }),
  ),
  'TIFF, JPEG': encoded((image) => image.tiff({ compression: 'jpeg' })),
  'TIFF, 16 bits': encoded((image) => image.toColourspace('rgb16').tiff(lzw)),
  'TIFF, floats': encoded((image) => image.toColourspace('scrgb').tiff(lzw)),
  GIF: encoded((image) => image.gif({ effort: 1, colours: 16 })),
  'GIF, interlaced': encoded((image) => image.gif({ effort: 1, colours: 16, progressive: true })),
  'GIF, transparent': encoded((image) => image.ensureAlpha(0).gif({ effort: 1, colours: 16 })),
};

function encoded(encode: (image: Sharp) => Sharp): Encode {
  return async (width, height) => encode(await patches(width, height)).toBuffer();
}

function gray(image: Sharp): Sharp {
  return image.greyscale().toColourspace('b-w');
}

/** Smooth patches of color, which compress well in every format. */
async function patches(width: number, height: number): Promise<Sharp> {
  const side = 16;
  const data = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * 37 + (index >> 4) * 11) % 256);
  const raw = { width: side, height: side, channels: 3 } as const;
  const pixels = await sharp(data, { raw }).resize(width, height, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
  return sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}
