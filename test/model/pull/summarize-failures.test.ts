import { expect, it } from 'vitest';
import { summarizeFailures } from '../../../model/pull/summarize-failures.ts';

it.each([
  [
    'several hosts that are unknown',
    ['a.org: getaddrinfo ENOTFOUND a.org', 'b.org: getaddrinfo ENOTFOUND b.org'],
    'a.org and b.org: getaddrinfo ENOTFOUND',
  ],
  [
    'several reasons',
    ['a.org: expected HTTP 200, got 404', 'b.org:8080: connect ECONNREFUSED b.org:8080'],
    'a.org: expected HTTP 200, got 404; b.org:8080: connect ECONNREFUSED',
  ],
  [
    'the same host for two files',
    ['a.org: no response for 15 s', 'a.org: no response for 15 s'],
    'a.org: no response for 15 s',
  ],
  [
    'a wrong file on this machine',
    ['the existing file has sha256 0123456789ab…', 'a.org: read ECONNRESET'],
    'the existing file has sha256 0123456789ab…; a.org: read ECONNRESET',
  ],
])('names each reason once: %s', (_, failures, text) => {
  expect(summarizeFailures(failures)).toBe(text);
});
