import { Hono } from 'hono';
import type { PageFile } from '../page-files.ts';

/** The files of the page. Browsers revalidate them on every load; unchanged files are not sent again. */
export function pageRoutes(files: ReadonlyMap<string, PageFile>): Hono {
  return new Hono().get('/:name?', (context) => {
    const file = files.get(context.req.param('name') ?? 'index.html');
    if (file === undefined) return context.notFound();
    const { bytes, type, etag } = file;
    const headers = { etag, 'cache-control': 'no-cache' };
    if (context.req.header('if-none-match') === etag) return context.body(null, 304, headers);
    return context.body(bytes, 200, { ...headers, 'content-type': type });
  });
}
