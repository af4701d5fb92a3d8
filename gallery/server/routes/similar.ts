import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { idSchema } from '../catalogue/image-rows.ts';
import type { Gallery } from '../gallery.ts';
import type { ErrorResponse, SearchResponse, SimilarImages } from '../responses.ts';

/** The largest image that is searched by, bytes. */
export const maxSearchBytes = 32 * 2 ** 20;
const [fewHits, manyHits] = [12, 60];

/** What is like an image, of the results or dropped on the page. */
export function similarRoutes({ search }: Gallery): Hono {
  return new Hono()
    .get('/images/:id/similar', async (context) => {
      const id = idSchema.parse(context.req.param('id'));
      const limit = context.req.query('many') === undefined ? fewHits : manyHits;
      const images = await search.similarToImage(id, limit);
      return context.json<SimilarImages>({ images });
    })
    .post(
      '/similar',
      bodyLimit({
        maxSize: maxSearchBytes,
        onError: (context) =>
          context.json<ErrorResponse>(
            { error: `an image of more than ${maxSearchBytes / 2 ** 20} MiB is not searched by`, reason: 'too_large' },
            413,
          ),
      }),
      async (context) => {
        const bytes = new Uint8Array(await context.req.arrayBuffer());
        return context.json<SearchResponse>(await search.similarToBytes(bytes, manyHits));
      },
    );
}
