import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { ErrorResponse } from './responses.ts';

/**
 * Rejects requests from other sites, and requests whose Host header is neither an IP address, `localhost` nor the
 * configured host: another name may point here to attack (DNS rebinding).
 * @param host the `--host` option
 */
export function requireSameOrigin(host: string): MiddlewareHandler {
  return async (context, next) => {
    const name = hostName(context.req.header('host'));
    const isKnownHost = name !== undefined && (isIP(name) !== 0 || name === 'localhost' || name === host.toLowerCase());
    const { origin } = context.req.header();
    const site = context.req.header('sec-fetch-site') ?? 'none';
    const isTopLevel = context.req.header('sec-fetch-mode') === 'navigate' && context.req.method === 'GET';
    const isSameOrigin = origin === undefined || URL.parse(origin)?.host === context.req.header('host');
    if (isKnownHost && isSameOrigin && (site === 'none' || site === 'same-origin' || isTopLevel)) return next();
    const response: ErrorResponse = {
      error: isKnownHost
        ? 'requests from other sites are not allowed'
        : 'unknown host name: open the gallery by IP address or localhost',
    };
    return context.json(response, 403);
  };
}

function hostName(header: string | undefined): string | undefined {
  const name = URL.parse(`http://${header ?? ''}`)?.hostname.replace(/^\[|\]$/g, '');
  return name === '' ? undefined : name;
}

/** No external or inline content, no frames. `blob:` shows an image that the user dropped. */
export const strictHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  crossOriginResourcePolicy: 'same-origin',
  crossOriginOpenerPolicy: 'same-origin',
  referrerPolicy: 'no-referrer',
  strictTransportSecurity: false,
});
