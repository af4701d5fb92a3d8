import { describe, expect, it } from 'vitest';
import { classifiedRow } from '../../support/result-rows.ts';
import { storeOf } from '../../support/stores.ts';
import { openApp } from './open-app.ts';

describe('the gallery', () => {
  it.each([
    ['127.0.0.1:8000', 200],
    ['localhost:1234', 200],
    ['[::1]:8000', 200],
    ['192.168.1.20:8000', 200],
    ['gallery.example', 403],
    ['127.0.0.1.nip.example:8000', 403],
    ['localhost.example', 403],
    ['', 403],
  ])('answers a request for host %j with %i', async (host, status) => {
    const { get } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    expect((await get('/api/info', { headers: { host } })).status).toBe(status);
  });

  it.each([
    ['cross-site', 'no-cors', 403],
    ['same-site', 'cors', 403],
    ['same-origin', 'cors', 200],
    ['none', 'navigate', 200],
    ['cross-site', 'navigate', 200],
  ])('answers a %s request in mode %s with %i', async (site, mode, status) => {
    const { get } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    const answer = await get('/api/info', { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode } });
    expect(answer.status).toBe(status);
  });

  it.each([
    ['http://localhost:1234', 200],
    ['https://localhost:1234', 200],
    ['http://localhost:4321', 403],
    ['http://elsewhere.example', 403],
    ['null', 403],
  ])('answers a page of %s with %i in a browser without fetch metadata', async (origin, status) => {
    const { get } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    expect((await get('/api/info', { headers: { host: 'localhost:1234', origin } })).status).toBe(status);
  });

  it('rejects a cross-site form post, although it is a navigation', async () => {
    const { get } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await get('/api/search', { method: 'POST', headers })).status).toBe(403);
  });

  it('forbids external content and frames', async () => {
    const { get } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    const { headers } = await get('/api/info');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each(['POST', 'PUT', 'DELETE'])('is read-only: %s is not found', async (method) => {
    const { get } = await openApp(await storeOf([classifiedRow('a.jpg')]));
    expect((await get('/api/images', { method })).status).toBe(404);
  });
});
