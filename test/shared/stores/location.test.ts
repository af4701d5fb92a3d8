import { describe, expect, it } from 'vitest';
import { parseBucketLocation, parseLocation } from '../../../shared/stores/location.ts';

describe('parseLocation', () => {
  it.each([
    ['photos', { kind: 'folder', path: 'photos' }],
    ['/tmp/a b', { kind: 'folder', path: '/tmp/a b' }],
    ['s3://drop', { kind: 's3', bucket: 'drop', prefix: '' }],
    ['s3://drop/', { kind: 's3', bucket: 'drop', prefix: '' }],
    ['s3://drop/2026/été/', { kind: 's3', bucket: 'drop', prefix: '2026/été/' }],
    ['S3://drop/a', { kind: 's3', bucket: 'drop', prefix: 'a' }],
  ])('parses %s', (text, expected) => {
    expect(parseLocation(text)).toEqual(expected);
  });

  it.each(['', 's3://', 's3://UPPER/x', 's3://a', 'gs://drop/x', 'https://drop/x'])('rejects "%s"', (text) => {
    expect(() => parseLocation(text)).toThrow(/: give a folder or s3:\/\/bucket\/prefix$/);
  });
});

describe('parseBucketLocation', () => {
  it('rejects a folder', () => {
    expect(() => parseBucketLocation('results')).toThrow('results is not in a bucket: give s3://bucket/prefix');
  });
});
