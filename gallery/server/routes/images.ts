import { Hono } from 'hono';
import pMap from 'p-map';
import { z } from 'zod';
import { filterSchema } from '../catalogue/filter.ts';
import { imageAddress, imageAddresses, imageDetail } from '../catalogue/image-detail.ts';
import { imagesPage } from '../catalogue/images-page.ts';
import { overview } from '../catalogue/overview.ts';
import { idSchema } from '../catalogue/row-id.ts';
import type { Gallery } from '../gallery.ts';
import type { ImagesPage, ObjectChange, ObjectChanges, Overview } from '../responses.ts';
import { imageIdOf, imageNotInResults, NotFound } from './errors.ts';
import { parseParameters } from './parse-parameters.ts';

const maxImages = 500;
const windowSchema = filterSchema.extend({
  offset: z.coerce.number().int().min(0).default(0).describe('a whole number, at least 0'),
  limit: z.coerce.number().int().min(1).max(maxImages).default(100).describe(`a whole number from 1 to ${maxImages}`),
});

const maxIds = 200;
const idsSchema = z.object({
  ids: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(idSchema).max(maxIds))
    .describe(`at most ${maxIds} ids of images, of 16 digits 0-9 and a-f each, separated by commas`),
});

/** Images, counts and details from the results. */
export function imageRoutes({ live, thumbnails }: Gallery): Hono {
  return new Hono()
    .get('/images', async (context) => {
      const { offset, limit, ...filter } = parseParameters(windowSchema, context.req.query());
      const page: ImagesPage = await live.use((catalogue) => imagesPage(catalogue, filter, { offset, limit }));
      return context.json(page);
    })
    .get('/overview', async (context) => {
      const filter = parseParameters(filterSchema, context.req.query());
      const jobs = live.state.jobs.map(({ job }) => job);
      const counts: Overview = await live.use((catalogue) => overview(catalogue, filter, jobs));
      return context.json(counts);
    })
    .get('/changes', async (context) => {
      const { ids } = parseParameters(idsSchema, context.req.query());
      const addresses = await live.use((catalogue) => imageAddresses(catalogue, ids));
      const changes = await pMap(
        addresses,
        async ([id, address]) => [id, await thumbnails.knownChange(address)] as const,
        { concurrency: 16 },
      );
      const known = changes.filter((entry): entry is [string, ObjectChange] => entry[1] !== undefined);
      return context.json<ObjectChanges>({ changes: Object.fromEntries(known) });
    })
    .get('/images/:id', async (context) => {
      const id = imageIdOf(context);
      const filter = parseParameters(filterSchema, context.req.query());
      const detail = await live.use((catalogue) => imageDetail(catalogue, id, filter));
      if (detail === undefined) throw new NotFound(imageNotInResults);
      return context.json(detail);
    })
    .get('/images/:id/object', async (context) => {
      const id = imageIdOf(context);
      const address = await live.use((catalogue) => imageAddress(catalogue, id));
      if (address === undefined) throw new NotFound(imageNotInResults);
      return context.json(await thumbnails.objectState(address));
    });
}
