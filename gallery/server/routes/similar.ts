import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { boxAdvice, parseBox } from '../../../shared/regions/parse-box.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { Gallery } from '../gallery.ts';
import type {
  ErrorResponse,
  RegionSearchResponse,
  SearchResponse,
  SimilarImages,
  SimilarRegions,
} from '../responses.ts';
import { imageIdOf, NotFound } from './errors.ts';
import { parseParameters } from './parse-parameters.ts';

/** Maximum size of a query image, bytes. */
export const maxSearchBytes = 32 * 2 ** 20;
const [fewHits, maxHits] = [12, 60];

const regionSchema = z.object({
  region: z.coerce.number().int().min(1).max(1000).describe('the number of a region, from 1 to 1000'),
});

const boxSchema = z.object({
  box: z
    .string()
    .transform(parseBox)
    .pipe(z.custom<Box>((box) => box !== undefined))
    .optional()
    .describe(boxAdvice),
});

/** Images and regions similar to one of the results, or to an uploaded image. */
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
    .post('/similar', limitBody(), async (context) => {
      const found = await search.similarToBytes(await bodyOf(context), maxHits);
      return context.json<SearchResponse>({ ...found, hasRegions: await regions.canCompareBytes() });
    })
    .post('/similar-regions', limitBody(), async (context) => {
      const { box } = parseParameters(boxSchema, context.req.query());
      return context.json<RegionSearchResponse>(await regions.similarToBytes(await bodyOf(context), box, maxHits));
    });
}

const bodyOf = async (context: Context) => new Uint8Array(await context.req.arrayBuffer());

const limitBody = () =>
  bodyLimit({
    maxSize: maxSearchBytes,
    onError: (context) =>
      context.json<ErrorResponse>(
        { error: `the image is larger than ${maxSearchBytes / 2 ** 20} MiB`, reason: 'too_large' },
        413,
      ),
  });
