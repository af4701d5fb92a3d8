import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Gallery } from '../gallery.ts';
import type { ErrorResponse, SearchResponse, SimilarImages, SimilarRegions } from '../responses.ts';
import { imageIdOf, NotFound } from './errors.ts';
import { parseParameters } from './parse-parameters.ts';

/** Maximum size of a query image, bytes. */
export const maxSearchBytes = 32 * 2 ** 20;
const [fewHits, maxHits] = [12, 60];

const regionSchema = z.object({
  region: z.coerce.number().int().min(1).max(1000).describe('the number of a region, from 1 to 1000'),
});

/** Images similar to one of the results, or to an uploaded one, and regions similar to one of the results. */
export function similarRoutes({ search, regions }: Pick<Gallery, 'search' | 'regions'>): Hono {
  return new Hono()
    .get('/images/:id/similar', async (context) => {
      const id = imageIdOf(context);
      const limit = context.req.query('many') === undefined ? fewHits : maxHits;
      const images = await search.similarToImage(id, limit);
      return context.json<SimilarImages>({ images });
    })
    .get('/images/:id/regions/:region/similar', async (context) => {
      const id = imageIdOf(context);
      const { region } = parseParameters(regionSchema, { region: context.req.param('region') });
      const found = await regions.similarToRegion(id, region, fewHits);
      if (found === undefined) throw new NotFound('region not found in the results');
      return context.json<SimilarRegions>({ regions: found });
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
