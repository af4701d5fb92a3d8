import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { ErrorResponse } from './responses.ts';

/**
 * Answers only to those who call this machine by its address, by `localhost` or by the name that it was told: a name that
 * somebody has pointed here for a page of theirs (DNS rebinding) is none of them. And only to pages of its own.
 * @param host as it was asked for at the start
 */
export function requireSameOrigin(host: string): MiddlewareHandler {
  return async (context, next) => {
    const name = hostName(context.req.header('host'));
    const isOwn = name !== undefined && (isIP(name) !== 0 || name === 'localhost' || name === host.toLowerCase());
    const { origin } = context.req.header();
    const site = context.req.header('sec-fetch-site') ?? 'none';
    const isTopLevel = context.req.header('sec-fetch-mode') === 'navigate' && context.req.method === 'GET';
    const isSameOrigin = origin === undefined || URL.parse(origin)?.host === context.req.header('host');
    if (isOwn && isSameOrigin && (site === 'none' || site === 'same-origin' || isTopLevel)) return next();
    const refusal: ErrorResponse = {
      error: isOwn ? 'this gallery answers to its own page alone' : 'this gallery is asked by its address or localhost',
    };
    return context.json(refusal, 403);
  };
}

function hostName(header: string | undefined): string | undefined {
  const name = URL.parse(`http://${header ?? ''}`)?.hostname.replace(/^\[|\]$/g, '');
  return name === '' ? undefined : name;
}

/** Nothing from elsewhere, nothing inline, in no frame. A dropped image is shown from the page's own memory. */
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
