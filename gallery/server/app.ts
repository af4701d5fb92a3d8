import { Hono } from 'hono';
import type { Gallery } from './gallery.ts';
import type { PageFile } from './page-files.ts';
import { toErrorResponse } from './routes/errors.ts';
import { eventRoutes } from './routes/events.ts';
import { imageRoutes } from './routes/images.ts';
import { notFound } from './routes/not-found.ts';
import { pageRoutes } from './routes/page.ts';
import { similarRoutes } from './routes/similar.ts';
import { thumbnailRoutes } from './routes/thumbnails.ts';
import { requireSameOrigin, strictHeaders } from './security.ts';

export interface AppOptions {
  /** The `--host` option: an address or a name. */
  readonly host: string;
  readonly files: ReadonlyMap<string, PageFile>;
  /** Ends the event streams. */
  readonly stopped: AbortSignal;
}

/** The gallery as a web application. It is read-only, and no client input is used as a path. */
export function galleryApp(gallery: Gallery, { host, files, stopped }: AppOptions): Hono {
  const api = new Hono()
    .use(async (context, next) => {
      await next();
      context.header('cache-control', 'no-store');
    })
    .route('/', eventRoutes(gallery, stopped))
    .route('/', imageRoutes(gallery))
    .route('/', similarRoutes(gallery));
  return new Hono()
    .use(strictHeaders)
    .use(requireSameOrigin(host))
    .route('/api', api)
    .route('/thumbnails', thumbnailRoutes(gallery))
    .route('/', pageRoutes(files))
    .notFound(notFound)
    .onError(toErrorResponse);
}
