import http from 'node:http';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

/**
 * Sends the requests of some work through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, as curl and npm do.
 * `fetch` ignores them by itself.
 * @throws {UserError} if one of them is not a URL
 */
export async function withProxy<T>(work: () => Promise<T>): Promise<T> {
  if (users === 0) restore = useProxy();
  users += 1;
  try {
    return await work();
  } finally {
    users -= 1;
    if (users === 0) restore();
  }
}

/** The setting is that of the process, so that it is undone after the last of several downloads. */
let users = 0;
let restore = () => {};

function useProxy(): () => void {
  // Missing before Node 24.14: NODE_USE_ENV_PROXY=1 has the same effect there.
  if (typeof http.setGlobalProxyFromEnv !== 'function') return () => {};
  try {
    const before = globalDispatcher();
    const restoreAgents = http.setGlobalProxyFromEnv();
    const used = globalDispatcher();
    return () => {
      restoreAgents();
      // Otherwise it goes on connecting to a proxy that closes connections, and the process never ends.
      if (used !== before && hasDestroy(used)) void used.destroy().catch(() => {});
    };
  } catch (cause) {
    if (errorCode(cause) !== 'ERR_PROXY_INVALID_CONFIG' && errorCode(cause) !== 'ERR_INVALID_URL') throw cause;
    throw new UserError('HTTPS_PROXY or HTTP_PROXY is not a URL such as http://proxy.example:3128', { cause });
  }
}

/** Host and port of the proxy in the environment, without its password; undefined if there is none. */
export function proxyHost(environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY } = environment;
  const proxy = https_proxy || HTTPS_PROXY || http_proxy || HTTP_PROXY;
  return proxy === undefined ? undefined : URL.parse(proxy)?.host;
}

/** What sends the requests of `fetch`, under the name that undici gives it. */
function globalDispatcher(): unknown {
  return Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
}

function hasDestroy(value: unknown): value is { destroy(): Promise<void> } {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}
