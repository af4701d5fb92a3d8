import { describe, expect, it } from 'vitest';
import { parseBucketLocation, parseLocation } from '../../../shared/stores/location.ts';

const accessPoint = 'arn:aws:s3:eu-west-1:123456789012:accesspoint';

describe('parseLocation', () => {
  it.each([
    ['photos', { kind: 'folder', path: 'photos' }],
    ['/tmp/a b', { kind: 'folder', path: '/tmp/a b' }],
    ['s3://drop', { kind: 's3', bucket: 'drop', prefix: '' }],
    ['s3://drop/', { kind: 's3', bucket: 'drop', prefix: '' }],
    ['s3://drop/2026/été/', { kind: 's3', bucket: 'drop', prefix: '2026/été/' }],
    ['S3://drop/a', { kind: 's3', bucket: 'drop', prefix: 'a' }],
    ['s3://Legacy_Bucket.Name/a', { kind: 's3', bucket: 'Legacy_Bucket.Name', prefix: 'a' }],
    [`s3://${'x'.repeat(255)}`, { kind: 's3', bucket: 'x'.repeat(255), prefix: '' }],
    ['s3://photos-aqfqprnstn7aefd-s3alias/', { kind: 's3', bucket: 'photos-aqfqprnstn7aefd-s3alias', prefix: '' }],
    [`s3://${accessPoint}/photos`, { kind: 's3', bucket: `${accessPoint}/photos`, prefix: '' }],
    [`s3://${accessPoint}/photos/2026/a:b`, { kind: 's3', bucket: `${accessPoint}/photos`, prefix: '2026/a:b' }],
    [`s3://${accessPoint}:photos/2026/`, { kind: 's3', bucket: `${accessPoint}/photos`, prefix: '2026/' }],
    [
      's3://arn:aws-cn:s3-object-lambda:cn-north-1:123456789012:accesspoint/small/a',
      {
        kind: 's3',
        bucket: 'arn:aws-cn:s3-object-lambda:cn-north-1:123456789012:accesspoint/small',
        prefix: 'a',
      },
    ],
    [
      's3://arn:aws:s3-outposts:eu-west-1:123456789012:outpost:op-01ac:accesspoint:photos/a',
      {
        kind: 's3',
        bucket: 'arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01ac/accesspoint/photos',
        prefix: 'a',
      },
    ],
  ])('parses %s', (text, expected) => {
    expect(parseLocation(text)).toEqual(expected);
  });

  it.each([
    '',
    's3://',
    's3://a',
    's3://.a/x',
    `s3://${'x'.repeat(256)}`,
    's3://arn:aws:s3:::drop/x',
    's3://a b/x',
    'gs://drop/x',
    'https://drop/x',
    'file://host/x',
  ])('rejects "%s"', (text) => {
    expect(() => parseLocation(text)).toThrow(/: give a folder or s3:\/\/bucket\/prefix($|; the bucket name )/);
  });

  it('names an invalid bucket name', () => {
    expect(() => parseLocation('s3://b/x')).toThrow(
      's3://b/x is not a location: give a folder or s3://bucket/prefix; the bucket name b needs at least 3 lower-case',
    );
  });
});

describe('a mistyped location', () => {
  it.each([
    ['s3:/drop/a', 'did you mean s3://drop/a?'],
    ['s3:drop', 'did you mean s3://drop?'],
    ['S3:/drop', 'did you mean s3://drop?'],
    ['file:///tmp/a%20b', 'give the path /tmp/a b'],
  ])('%s is rejected with what to give instead', (text, advice) => {
    expect(() => parseLocation(text)).toThrow(`${text} is not a location: ${advice}`);
  });
});

describe('an access point of several Regions', () => {
  it('is rejected with what to give instead', () => {
    const text = 's3://arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap/photos';
    expect(() => parseLocation(text)).toThrow(
      `${text} spans Regions: give the bucket, or an access point of one Region`,
    );
  });
});

describe('parseBucketLocation', () => {
  it('rejects a folder', () => {
    expect(() => parseBucketLocation('results')).toThrow('results is not in a bucket: give s3://bucket/prefix');
  });
});
