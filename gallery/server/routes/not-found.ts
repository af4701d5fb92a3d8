import type { Context } from 'hono';
import type { ErrorResponse } from '../responses.ts';

/** An unknown address: a page with a way back for a browser, else a line. */
export function notFound(context: Context) {
  if (context.req.path.startsWith('/api/')) return context.json<ErrorResponse>({ error: 'no such address' }, 404);
  if (!context.req.header('accept')?.includes('text/html')) return context.text('not found', 404);
  return context.html(page, 404);
}

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>No such page – Gallery</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/gallery.css" />
  </head>
  <body>
    <main class="empty">
      <h1>No such page</h1>
      <p>The gallery has one page only.</p>
      <a class="button" href="/">Open the gallery</a>
    </main>
  </body>
</html>
`;
