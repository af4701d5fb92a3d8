import http from 'node:http';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

/**
 * Gives some work a `fetch` that uses the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, as curl and npm do. The
 * `fetch` of the program ignores them, and is left as it is.
 * @throws {UserError} if one of them is not a URL
 */
export async function withProxy<T>(work: (fetch: typeof globalThis.fetch) => Promise<T>): Promise<T> {
  const proxy = proxyDispatcher();
  if (proxy === undefined) return work(fetch);
  try {
    return await work((input, init) => fetch(input, { ...init, dispatcher: proxy }));
  } finally {
    // Otherwise it goes on connecting to a proxy that closes connections, and the process never ends.
    void proxy.destroy().catch(() => {});
  }
}

const invalidProxy = 'HTTPS_PROXY or HTTP_PROXY is not a URL such as http://proxy.example:3128';

type Dispatcher = NonNullable<RequestInit['dispatcher']>;

/**
 * What sends requests through the proxy of the environment; undefined if none is set. Node makes it only for the whole
 * process, so it is taken from there at once, before any other code runs.
 */
function proxyDispatcher(): Dispatcher | undefined {
  // Missing before Node 24.14: NODE_USE_ENV_PROXY=1 has the same effect there.
  if (typeof http.setGlobalProxyFromEnv !== 'function') return undefined;
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY } = process.env;
  for (const proxy of [https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY]) {
    // Node would speak HTTP to a SOCKS proxy.
    if (proxy && /^(?!https?:)[a-z0-9]+:\/\//i.test(proxy)) throw new UserError(invalidProxy);
  }
  const before = globalDispatcher();
  try {
    const restore = http.setGlobalProxyFromEnv();
    const used = globalDispatcher();
    restore();
    return used !== before && isDispatcher(used) ? used : undefined;
  } catch (cause) {
    if (errorCode(cause) !== 'ERR_PROXY_INVALID_CONFIG' && errorCode(cause) !== 'ERR_INVALID_URL') throw cause;
    throw new UserError(invalidProxy, { cause });
  }
}

/** Host and port of the proxy in the environment, without its password; undefined if no proxy is set. */
export function proxyHost(environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY } = environment;
  const proxy = https_proxy || HTTPS_PROXY || http_proxy || HTTP_PROXY;
  return proxy === undefined ? undefined : URL.parse(proxy)?.host;
}

/** What sends the requests of `fetch`, under the name that undici gives it. */
function globalDispatcher(): unknown {
  return Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
}

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value && 'destroy' in value;
}
