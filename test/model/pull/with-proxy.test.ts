import { createServer } from 'node:http';
import { expect, it, vi } from 'vitest';
import { proxyHost, withProxy } from '../../../model/pull/with-proxy.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { listen } from '../../support/listen.ts';

const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** The answer to a request with these proxy settings in the environment. */
async function answerWith(environment: Readonly<Record<string, string>>): Promise<string> {
  for (const name of names) vi.stubEnv(name, environment[name]);
  try {
    const url = await httpAnswers((_, __, response) => response.end('the file'));
    return await withProxy(async (fetch) => (await fetch(url)).text());
  } finally {
    vi.unstubAllEnvs();
  }
}

it('downloads go through the proxy of the environment', async () => {
  const { url, hosts } = await startForwardProxy();
  expect(await answerWith({ HTTP_PROXY: url })).toBe('the file');
  expect(hosts).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
  expect(await answerWith({ http_proxy: url })).toBe('the file');
  expect(hosts).toHaveLength(2);
});

it('hosts in NO_PROXY are reached directly, and so is every host after the download', async () => {
  const { url, hosts } = await startForwardProxy();
  expect(await answerWith({ HTTP_PROXY: url, NO_PROXY: '127.0.0.1' })).toBe('the file');
  await answerWith({ HTTP_PROXY: url });
  const direct = await httpAnswers((_, __, response) => response.end('direct'));
  expect(await (await fetch(direct)).text()).toBe('direct');
  expect(hosts).toHaveLength(1);
});

it('a proxy that is no URL, or does not answer, is an error', async () => {
  await expect(answerWith({ HTTP_PROXY: 'not a url' })).rejects.toThrow(
    'HTTPS_PROXY or HTTP_PROXY is not a URL such as http://proxy.example:3128',
  );
  await expect(answerWith({ HTTP_PROXY: 'socks5://127.0.0.1:9' })).rejects.toThrow('HTTPS_PROXY or HTTP_PROXY is not');
  await expect(answerWith({ HTTP_PROXY: 'http://127.0.0.1:9' })).rejects.toThrow();
});

it('the proxy is named without its password', () => {
  expect(proxyHost({ HTTPS_PROXY: 'http://user:secret@proxy.example:3128' })).toBe('proxy.example:3128');
  expect(proxyHost({ HTTP_PROXY: 'http://proxy.example' })).toBe('proxy.example');
  expect(proxyHost({ HTTPS_PROXY: '' })).toBeUndefined();
});

it('a proxy that closes connections is left alone after the download has failed', async () => {
  let connections = 0;
  const server = createServer().on('connect', (_, client) => {
    connections += 1;
    client.destroy();
  });
  const proxy = `http://127.0.0.1:${await listen(server)}`;
  vi.stubEnv('HTTPS_PROXY', proxy);
  const stop = new AbortController();
  server.once('connect', () => stop.abort(new Error('enough')));
  await expect(withProxy((fetch) => fetch('https://models.invalid', { signal: stop.signal }))).rejects.toThrow(
    'enough',
  );
  vi.unstubAllEnvs();
  const before = connections;
  // A hundred rounds of requests to another server: the old proxy would be asked again in between.
  const url = await httpAnswers((_, __, response) => response.end());
  for (let round = 0; round < 100; round += 1) await (await fetch(url)).text();
  server.close();
  server.closeAllConnections();
  expect(connections - before).toBeLessThan(3);
});

it("the program's own requests are neither sent through the proxy nor ended with the download", async () => {
  const { url: proxy, hosts } = await startForwardProxy();
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const url = await httpAnswers(async (_, __, response) => {
    response.write('half, ');
    begun.resolve();
    await ended.promise;
    response.end('the rest');
  });
  vi.stubEnv('HTTP_PROXY', proxy);
  try {
    const own = await withProxy(async () => {
      const body = fetch(url).then((response) => response.text());
      await begun.promise;
      return { body };
    });
    ended.resolve();
    expect(await own.body).toBe('half, the rest');
    expect(hosts).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});
