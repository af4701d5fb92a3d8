import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Gallery } from '../gallery.ts';
import type { ErrorResponse, SearchResponse, SimilarImages } from '../responses.ts';
import { imageIdOf } from './errors.ts';

/** Maximum size of a query image, bytes. */
export const maxSearchBytes = 32 * 2 ** 20;
const [fewHits, maxHits] = [12, 60];

/** Images similar to one of the results, or to an uploaded one. */
export function similarRoutes({ search }: Gallery): Hono {
  return new Hono()
    .get('/images/:id/similar', async (context) => {
      const id = imageIdOf(context);
      const limit = context.req.query('many') === undefined ? fewHits : maxHits;
      const images = await search.similarToImage(id, limit);
      return context.json<SimilarImages>({ images });
    })
    .post(
      '/similar',
      bodyLimit({
        maxSize: maxSearchBytes,
        onError: (context) =>
          context.json<ErrorResponse>(
            { error: `the image is larger than ${maxSearchBytes / 2 ** 20} MiB`, reason: 'too_large' },
            413,
          ),
      }),
      async (context) => {
        const bytes = new Uint8Array(await context.req.arrayBuffer());
        return context.json<SearchResponse>(await search.similarToBytes(bytes, maxHits));
      },
    );
}
