import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { storeOf } from '../../support/stores.ts';
import { type OpenedApp, openApp } from './open-app.ts';

const rows = [classifiedRow('a.jpg', { label: 'tench' }), rejectedRow('b.jpg', { reason: 'truncated' })];
const names = [
  'label',
  'region',
  'job',
  'status',
  'reason',
  'model',
  'text',
  'min',
  'sort',
  'offset',
  'limit',
  'many',
  'ids',
  'x',
];
const paths = [
  '/api/images',
  '/api/overview',
  '/api/images/ID',
  '/api/images/ID/object',
  '/api/images/ID/similar',
  '/api/images/ID/regions/1/similar',
  '/api/changes',
];

/** Raw values as a browser or a hand-written link may send them, also such as are not valid percent-encoding. */
const value = fc.oneof(
  fc.constantFrom('%00', 'a%00b', '%', '%zz', '%ff', '%ed%a0%80', "'", '"', ';--', '%27%20or%201=1', '%5c', '*', '%25'),
  fc.constantFrom(
    '',
    '-1',
    '1e308',
    '1e-320',
    'NaN',
    'Infinity',
    '0x10',
    '9'.repeat(30),
    '99999999999999999',
    'a'.repeat(600),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[#&\s]/g, '_')),
);
const query = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 });
const idsSchema = z.object({ images: z.array(z.object({ id: z.string() })) });

/** Status codes of answers that neither the client nor the page can explain fail the test. */
async function answerTo(app: OpenedApp, path: string): Promise<number> {
  const { status, headers } = await app.get(path).then(async (answer) => {
    const body = await answer.text();
    if (answer.status >= 400 && answer.headers.get('content-type')?.includes('json')) {
      expect(JSON.parse(body), path).toEqual(expect.objectContaining({ error: expect.stringMatching(/^[^\n]+$/) }));
    }
    return answer;
  });
  expect([200, 400, 404, 409], `${path} ${headers.get('content-type')}`).toContain(status);
  return status;
}

describe('requests that no page sends', () => {
  let app: OpenedApp;
  let id: string;
  beforeEach(async () => {
    const store = await storeOf(rows);
    app = await openApp(store);
    id = idsSchema.parse(await app.json('/api/images')).images[0]?.id ?? '';
  });

  it('get an answer below 500 in one line, whatever the parameters are', async () => {
    const logged = vi.spyOn(console, 'error');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), query, async (path, parameters) => {
        const text = parameters.map(([name, text]) => `${name}=${text}`).join('&');
        await answerTo(app, `${path.replace('ID', id)}?${text}`);
      }),
      { numRuns: 400 },
    );
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  });

  const long = 'a'.repeat(501);
  const text = 'give at most 500 characters, without NUL';
  const id16 = '0123456789abcdef';
  const filters: [string, readonly string[], string][] = [
    ...['label', 'job', 'reason', 'model', 'text'].map((name): [string, string[], string] => [
      name,
      ['a%00b', long],
      text,
    ]),
    ['status', ['', 'lost', 'Rejected', 'null'], 'give classified, rejected or deleted'],
    ['min', ['2', '-1', 'abc', 'NaN', 'Infinity', '1e309'], 'give a number from 0 to 1'],
    ['sort', ['', 'up', '-key'], 'give key, probability, -probability or time'],
  ];
  const whole = ['-1', '1.5', 'abc', '9'.repeat(30)];
  const endpoints: [string, typeof filters][] = [
    [
      '/api/images',
      [
        ...filters,
        ['offset', whole, 'give a whole number, at least 0'],
        ['limit', [...whole, '0', '501'], 'give a whole number from 1 to 500'],
      ],
    ],
    ['/api/overview', filters],
    ['/api/images/ID', filters],
    [
      '/api/changes',
      [
        [
          'ids',
          ['', 'unknown', `${id16},`, id16.toUpperCase(), Array.from({ length: 201 }, () => id16).join(',')],
          'give at most 200 ids of images, of 16 digits 0-9 and a-f each, separated by commas',
        ],
      ],
    ],
  ];
  const cases = endpoints.flatMap(([path, parameters]) => parameters.map((each) => [path, ...each] as const));
  it.each(cases)('say what to give: %s?%s with each of %j', async (path, name, values, advice) => {
    for (const each of values) {
      const answer = await app.get(`${path.replace('ID', id)}?${name}=${each}`);
      expect([each, answer.status, await answer.json()]).toEqual([each, 400, { error: `${name}: ${advice}` }]);
    }
  });

  it('say what to give for a missing parameter, and for the size of a thumbnail', async () => {
    expect(await app.json('/api/changes')).toEqual({
      error: 'ids: give at most 200 ids of images, of 16 digits 0-9 and a-f each, separated by commas',
    });
    const answer = await app.get(`/thumbnails/${id}/huge`);
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'size: give tile, dense or large' }]);
  });

  it('are not blamed for a fault of the server', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    vi.spyOn(app.live, 'use').mockImplementation(async () => z.never().parse('a row'));
    const answer = await app.get('/api/images');
    expect([answer.status, await answer.json()]).toEqual([500, { error: expect.stringContaining('internal error') }]);
    expect(logged).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  it('get status 404 for an image that cannot exist', async () => {
    const bad = ['unknown', '%00', '%', '%ff', '..%2f..%2fetc', '0123456789abcdeg', ' '.repeat(9), '%0a'];
    for (const each of bad) {
      for (const path of [`/api/images/${each}`, `/api/images/${each}/object`, `/api/images/${each}/similar`]) {
        expect([path, await answerTo(app, path)]).toEqual([path, 404]);
      }
      expect((await app.get(`/thumbnails/${each}/tile`)).status).toBe(404);
    }
  });

  it('get a page with a way back for an unknown address in a browser, and a line otherwise', async () => {
    const page = await app.get('/some/where', { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8']);
    expect(await page.text()).toContain('<a class="button" href="/">Open the gallery</a>');
    expect([(await app.get('/nothing.js')).status, await (await app.get('/nothing.js')).text()]).toEqual([
      404,
      'not found',
    ]);
    expect(await app.json('/api/nothing')).toEqual({ error: 'no such address' });
  });
});
