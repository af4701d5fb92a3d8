import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from '../support/at-end.ts';
import { listen } from '../support/listen.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startConnectProxy } from './connect-proxy.ts';

/** An npm registry and a NuGet feed behind a proxy that inspects TLS: their certificate is known to its own CA only. */
export interface PackageMirror {
  /** Build arguments of the proxy, without which nothing resolves `host`, and of the npm registry. */
  readonly args: { readonly HTTPS_PROXY: string; readonly NPM_CONFIG_REGISTRY: string };
  /** File of the CA. */
  readonly caBundle: string;
  /** Paths of the requests so far. */
  readonly requests: readonly string[];
  /**
   * Makes a NuGet feed with one package.
   * @param path of the package in the feed
   * @returns the address of the feed's index
   */
  makeFeed(path: string, nupkg: Buffer): string;
}

/** A name that no resolver knows. */
const host = 'packages.invalid';
const origin = `https://${host}`;

/** The registry that npm uses on this machine. */
export const npmRegistry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();

/** npm packages come from the registry that npm uses on this machine. */
export async function startPackageMirror(): Promise<PackageMirror> {
  const { key, cert, caBundle } = await makeCertificate();
  const requests: string[] = [];
  const published = new Map<string, Buffer>();
  const server = createServer({ key, cert }, async (request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const { status, type, body } = path.startsWith('/nuget/')
      ? fromFeed(path)
      : await fromRegistry(path, request.headers.accept);
    response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
  });
  const HTTPS_PROXY = await startConnectProxy(await listen(server));
  const fromFeed = (path: string) => {
    const body = published.get(path);
    return { status: body === undefined ? 404 : 200, type: 'application/json', body: body ?? Buffer.alloc(0) };
  };
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return {
    args: { HTTPS_PROXY, NPM_CONFIG_REGISTRY: `${origin}/` },
    ...{ caBundle, requests },
    makeFeed(path, nupkg) {
      // Builders cache by address: a new feed must not have that of another one.
      const feed = `/nuget/${randomUUID()}`;
      const resources = [{ '@id': `${origin}${feed}/packages/`, '@type': 'PackageBaseAddress/3.0.0' }];
      published.set(`${feed}/index.json`, Buffer.from(JSON.stringify({ version: '3.0.0', resources })));
      published.set(`${feed}/packages/${path}`, nupkg);
      return `${origin}${feed}/index.json`;
    },
  };
}

async function fromRegistry(path: string, accept = '*/*') {
  const answer = await fetch(new URL(path.slice(1), npmRegistry), { headers: { accept } });
  const type = answer.headers.get('content-type') ?? 'application/octet-stream';
  return { status: answer.status, type, body: Buffer.from(await answer.arrayBuffer()) };
}

async function makeCertificate() {
  const folder = temporaryFolder();
  const [keyFile, caBundle] = [join(folder, 'key.pem'), join(folder, 'ca.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', keyFile, '-out', caBundle],
    ...['-subj', '/CN=package mirror', '-addext', `subjectAltName=DNS:${host}`],
  ]);
  return { key: await readFile(keyFile), cert: await readFile(caBundle), caBundle };
}
