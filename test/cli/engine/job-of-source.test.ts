import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJob } from '../../../cli/engine/job-of-source.ts';
import { type OpenedLocation, openSource, openStore } from '../../../cli/engine/locations.ts';
import { S3Store } from '../../../shared/stores/aws/s3-store.ts';
import { conditionalS3 } from '../../support/conditional-writes.ts';
import { startAws } from '../../support/start-aws.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const aws = await startAws();
const s3 = await conditionalS3(aws);

async function folders(...names: string[]): Promise<OpenedLocation[]> {
  const root = temporaryFolder();
  return Promise.all(
    names.map(async (name) => {
      await mkdir(join(root, name), { recursive: true });
      return openSource(join(root, name), {});
    }),
  );
}

const folderStore = () => openStore({ store: join(temporaryFolder(), 'store') });

async function bucketStore(): Promise<OpenedLocation> {
  return { objects: new S3Store(s3), bucket: await aws.makeBucket(), prefix: 'nested', kind: 's3' };
}

const prefix = (path: string): OpenedLocation => ({
  ...{ objects: new S3Store(aws.s3), bucket: 'images', prefix: path, kind: 's3' },
});

const nameOf = async (source: OpenedLocation, store: OpenedLocation) => (await openJob(source, store, {})).name;

describe.each([
  ['a folder', folderStore],
  ['a bucket', bucketStore],
])('the job of a location, in a store that is %s', (_, makeStore) => {
  it('gives two folders of one name two jobs, which they keep', async () => {
    const [[one, other] = [], store] = [await folders('one/photos', 'other/photos'), await makeStore()];
    if (one === undefined || other === undefined) throw new Error('two folders');
    const names = [];
    for (const source of [one, other, one, other]) names.push(await nameOf(source, store));
    expect(names).toEqual(['photos', 'photos-2', 'photos', 'photos-2']);
  });

  it('gives two prefixes of one name two jobs, and one prefix one job with or without its slash', async () => {
    const store = await makeStore();
    const names = [];
    for (const path of ['2025/photos', '2026/photos', '2025/photos/']) names.push(await nameOf(prefix(path), store));
    expect(names).toEqual(['photos', 'photos-2', 'photos']);
  });

  it('gives locations of one name different jobs when all start at the same moment', async () => {
    const paths = Array.from({ length: 6 }, (_, index) => `${index}/photos`);
    const [sources, store] = [await folders(...paths), await makeStore()];
    const names = await Promise.all(sources.map((source) => nameOf(source, store)));
    const numbers = [2, 3, 4, 5, 6].map((number) => `photos-${number}`);
    expect(names.toSorted()).toEqual(['photos', ...numbers]);
    expect(await Promise.all(sources.map((source) => nameOf(source, store)))).toEqual(names);
  });

  it('keeps a given name, which is then taken for other locations', async () => {
    const store = await makeStore();
    expect((await openJob(prefix('a/autumn'), store, { job: 'photos' })).name).toBe('photos');
    expect(await nameOf(prefix('b/photos'), store)).toBe('photos-2');
    expect((await openJob(prefix('c/winter'), store, { job: 'photos' })).name).toBe('photos');
  });

  it('takes a name only with an image', async () => {
    const store = await makeStore();
    const first = await openJob(prefix('a/photos'), store, {});
    await first.end();
    const second = await openJob(prefix('b/photos'), store, {});
    expect(second.name).toBe('photos');
    await Array.fromAsync(second.taking(oneImage()));
    await second.end();
    expect(await nameOf(prefix('a/photos'), store)).toBe('photos-2');
  });

  it('takes no name for a dry run', async () => {
    const store = await makeStore();
    await openJob(prefix('a/photos'), store, { dryRun: true });
    expect(await nameOf(prefix('b/photos'), store)).toBe('photos');
  });
});

it('keeps a given name in a service without conditional requests', async () => {
  const store = { ...(await bucketStore()), objects: new S3Store(aws.s3) };
  const first = await openJob(prefix('a/autumn'), store, { job: 'photos' });
  await Array.fromAsync(first.taking(oneImage()));
  await (await openJob(prefix('b/winter'), store, { job: 'photos' })).end();
  expect(await nameOf(prefix('a/autumn/photos'), store)).toBe('photos-2');
});

it('leaves no folder behind in a store that got no image', async () => {
  const root = temporaryFolder();
  const job = await openJob(prefix('a/photos'), await openStore({ store: root }), {});
  expect(await readdir(root)).toEqual(['jobs']);
  await job.end();
  expect(await readdir(root)).toEqual([]);
});

it('asks for --job when the prefix is no job name', async () => {
  const long = 'x'.repeat(201);
  await expect(openJob(prefix(long), await folderStore(), {})).rejects.toThrow(
    /^give --job: the name taken from s3:.* 200/,
  );
});

it('does not fail in a store that cannot be written', async () => {
  const store = await bucketStore();
  const missing = { ...store, objects: new S3Store(aws.s3), bucket: 'no-such-bucket' };
  await expect(openJob(prefix('a/photos'), missing, { job: 'photos' })).resolves.toMatchObject({ name: 'photos' });
});

async function* oneImage() {
  yield 'image';
}
