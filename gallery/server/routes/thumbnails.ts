import { Hono } from 'hono';
import { z } from 'zod';
import { Failure, type FailureReason } from '../../../shared/failures/failure.ts';
import type { ThumbnailSize } from '../../../shared/images/preprocess/make-thumbnail.ts';
import { imageAddress } from '../catalogue/image-detail.ts';
import type { Gallery } from '../gallery.ts';
import { placeholder } from '../thumbnails/placeholder.ts';
import { imageIdOf } from './errors.ts';
import { parseParameters } from './parse-parameters.ts';

const sizes = ['tile', 'dense', 'large'] satisfies ThumbnailSize[];
const sizeSchema = z.object({ size: z.enum(sizes).describe('tile, dense or large') });

const placeholderTexts: Partial<Record<FailureReason, string>> = {
  object_gone: 'gone',
  too_large: 'too large',
  too_many_pixels: 'too large',
  not_an_image: 'no image',
  empty: 'empty file',
  unreadable: 'not readable',
};

/** Thumbnails. A missing one is answered with an error status and a placeholder picture that names the reason. */
export function thumbnailRoutes({ live, thumbnails }: Pick<Gallery, 'live' | 'thumbnails'>): Hono {
  return new Hono().get('/:id/:size', async (context) => {
    const id = imageIdOf(context);
    const { size } = parseParameters(sizeSchema, { size: context.req.param('size') });
    const address = await live.use((catalogue) => imageAddress(catalogue, id));
    if (address === undefined) return context.body(placeholder('unknown'), 404, { 'content-type': 'image/svg+xml' });
    const etag = `"${id}-${size}"`;
    try {
      const { webp, isFinal } = await thumbnails.get(address, size, context.req.raw.signal);
      const caching = isFinal
        ? { etag, 'cache-control': 'private, max-age=31536000, immutable' }
        : { 'cache-control': 'no-store' };
      if (isFinal && context.req.header('if-none-match') === etag) return context.body(null, 304, caching);
      return context.body(new Uint8Array(webp), 200, { 'content-type': 'image/webp', ...caching });
    } catch (error) {
      const { reason } = Failure.from(error);
      if (reason === 'internal') throw error;
      const status = reason === 'object_gone' ? 404 : 422;
      return context.body(placeholder(placeholderTexts[reason] ?? 'no preview'), status, {
        'content-type': 'image/svg+xml',
        'cache-control': 'no-store',
      });
    }
  });
}
