import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Refusal, SearchAnswer, SimilarImages } from '../answers.ts';
import { idSchema } from '../catalogue/image-rows.ts';
import type { Gallery } from '../gallery.ts';

/** The largest image that is searched by, bytes. */
export const maxSearchBytes = 32 * 2 ** 20;
const [fewHits, manyHits] = [12, 60];

/** What is like an image, of the results or dropped on the page. */
export function similarRoutes({ search }: Gallery): Hono {
  return new Hono()
    .get('/images/:id/similar', async (context) => {
      const id = idSchema.parse(context.req.param('id'));
      const limit = context.req.query('many') === undefined ? fewHits : manyHits;
      const images = await search.likeImage(id, limit);
      return context.json<SimilarImages>({ images });
    })
    .post(
      '/similar',
      bodyLimit({
        maxSize: maxSearchBytes,
        onError: (context) =>
          context.json<Refusal>(
            { error: `an image of more than ${maxSearchBytes / 2 ** 20} MiB is not searched by`, reason: 'too_large' },
            413,
          ),
      }),
      async (context) => {
        const bytes = new Uint8Array(await context.req.arrayBuffer());
        return context.json<SearchAnswer>(await search.likeBytes(bytes, manyHits));
      },
    );
}
