import { Hono } from 'hono';
import { z } from 'zod';
import { filterSchema } from '../catalogue/filter.ts';
import { imageAddress, imageDetail } from '../catalogue/image-detail.ts';
import { idSchema } from '../catalogue/image-rows.ts';
import { imagesPage } from '../catalogue/images-page.ts';
import { overview } from '../catalogue/overview.ts';
import type { Gallery } from '../gallery.ts';
import type { ImagesPage, Overview } from '../responses.ts';
import { imageNotFound } from './errors.ts';

const windowSchema = filterSchema.extend({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Images, counts and details from the results. */
export function imageRoutes({ live, thumbnails }: Gallery): Hono {
  return new Hono()
    .get('/images', async (context) => {
      const { offset, limit, ...filter } = windowSchema.parse(context.req.query());
      const page: ImagesPage = await live.use((catalogue) => imagesPage(catalogue, filter, { offset, limit }));
      return context.json(page);
    })
    .get('/overview', async (context) => {
      const filter = filterSchema.parse(context.req.query());
      const counts: Overview = await live.use((catalogue) => overview(catalogue, filter));
      return context.json(counts);
    })
    .get('/images/:id', async (context) => {
      const id = idSchema.parse(context.req.param('id'));
      const filter = filterSchema.parse(context.req.query());
      const detail = await live.use((catalogue) => imageDetail(catalogue, id, filter));
      return detail === undefined ? imageNotFound(context) : context.json(detail);
    })
    .get('/images/:id/object', async (context) => {
      const id = idSchema.parse(context.req.param('id'));
      const address = await live.use((catalogue) => imageAddress(catalogue, id));
      return address === undefined ? imageNotFound(context) : context.json(await thumbnails.objectState(address));
    });
}
