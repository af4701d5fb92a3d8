import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { readPageFiles } from '../../gallery/server/page-files.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { listen } from '../support/listen.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture, writePhotos } from '../support/photos.ts';
import { classifiedRow } from '../support/result-rows.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { buildPage, type Served, startServe } from '../support/serve.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const [drop, model, store] = [join(folder, 'drop'), await makeTinyModel(), join(folder, 'store')];
const aws = await startAws();
const images = z.object({ count: z.number(), images: z.array(z.object({ id: z.string(), key: z.string() })) });

async function listed(url: string): Promise<z.output<typeof images>> {
  return images.parse(await (await fetch(`${url}api/images`)).json());
}

describe('serve over a folder', () => {
  let served: Served;
  beforeAll(async () => {
    await writePhotos(drop, 4);
    expect((await runCommand(['run', drop, '--model', model, '--store', store])).code).toBe(0);
    served = await startServe(['--store', store, '--model', model]);
  });

  it('serves the page, the results and thumbnails', async () => {
    expect(await (await fetch(served.url)).text()).toContain('<title>Gallery</title>');
    expect((await fetch(`${served.url}gallery.js`)).headers.get('content-type')).toContain('text/javascript');
    expect((await fetch(`${served.url}../package.json`)).status).toBe(404);
    const { count, images: all } = await listed(served.url);
    expect(count).toBe(4);
    const picture = await fetch(`${served.url}thumbnails/${all[0]?.id}/tile`);
    expect(picture.headers.get('content-type')).toBe('image/webp');
  });

  it('does not call the job running once the run has ended', async () => {
    const { body } = await fetch(`${served.url}api/events`);
    const state = Buffer.from((await body?.getReader().read())?.value ?? []).toString();
    expect(state).toContain('"classified":4');
    expect(state).toContain('"stage":"idle"');
  });

  it('finds an image by its bytes, with the same embedding as the run', async () => {
    const body = new Uint8Array(await picture(2).jpeg({ quality: 90 }).toBuffer());
    const answer = await (await fetch(`${served.url}api/similar`, { method: 'POST', body })).json();
    const answered = z.object({ images: z.array(z.object({ key: z.string(), similarity: z.number() })) }).parse(answer);
    expect(answered.images[0]?.key).toBe('photo-002.jpg');
    expect(answered.images[0]?.similarity).toBeCloseTo(1, 5);
  });

  it('reports a used port in one line', async () => {
    const other = createServer();
    const port = String(await listen(other));
    const listeners = process.listenerCount('SIGINT');
    const line = await failureOf(['serve', '--store', store, '--port', port]);
    other.close();
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    expect(line).toBe(`port ${port} is in use: choose another one, or --port 0 for any free port`);
  });

  it('rejects a model without embeddings in the results', async () => {
    const other = await makeTinyModel({ labels: 3 });
    const line = await failureOf(['serve', '--store', store, '--model', other, '--port', '0']);
    expect(line).toMatch(/^\S+ has no embeddings of tiny@.*; it has those of tiny@/);
  });

  it('ends with 0 when it is interrupted, even with an open page', async () => {
    const listening = await fetch(`${served.url}api/events`);
    const { code, stderr } = await served.stop();
    // Printed if opening takes long.
    expect({ code, stderr: stderr.replace('reading the results…\n', '') }).toEqual({ code: 0, stderr: '' });
    await listening.body?.cancel().catch(() => undefined); // the connection was closed
  });
});

describe('serve without results', () => {
  const base = temporaryFolder();
  beforeAll(async () => {
    await mkdir(join(base, 'my-store/results/date=2026-03-01'), { recursive: true });
    await mkdir(join(base, 'photos'));
    await writeFile(join(base, 'photos/a.jpg'), '');
  });
  const lineOf = (location: string) => failureOf(['serve', '--port', '0', '--store', location]);

  it.each(['my-stor', 'my-store/results', 'photos', ''])('suggests the store near %o', async (name) => {
    expect(await lineOf(join(base, name))).toMatch(/(^no store |holds no results).*did you mean .*my-store/);
  });

  it('says what creates a store where none is near', async () => {
    const location = join(temporaryFolder(), 'far/away');
    vi.spyOn(process, 'cwd').mockReturnValue(temporaryFolder());
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await lineOf(location)).toBe(
      `no store ${location}: "npx inception-batch run ./photos --store ${location}" creates one`,
    );
  });

  it('reports a file in one line', async () => {
    const location = join(base, 'photos/a.jpg');
    expect(await lineOf(location)).toBe(`${location} is a file: give the folder of a store`);
  });

  it('serves an empty store, and the page says what to run', async () => {
    const location = temporaryFolder();
    const served = await startServe(['--store', location]);
    const { commands } = z
      .object({ commands: z.object({ run: z.string() }) })
      .parse(await (await fetch(`${served.url}api/info`)).json());
    expect(commands.run).toBe(`npx inception-batch run ./photos --store ${location}`);
    expect((await served.stop()).code).toBe(0);
  });
});

describe('serve over a bucket', () => {
  it('shows results and images in S3', async () => {
    const bucket = await aws.makeBucket();
    const objects = new S3Store(aws.s3);
    await objects.write({ bucket, key: 'in/a.png' }, await picture(1).png().toBuffer());
    const { etag } = await objects.read({ bucket, key: 'in/a.png' }, { maxBytes: 2 ** 20 });
    const row = classifiedRow('in/a.png', { bucket, etag, image_id: `${bucket}/in/a.png@${etag}` });
    await new ResultsStore(objects, { bucket, prefix: 'out' }).append([row]);
    const served = await startServe(['--store', `s3://${bucket}/out`, '--endpoint', aws.endpoint]);
    const { images: all } = await listed(served.url);
    expect(all.map(({ key }) => key)).toEqual(['in/a.png']);
    const thumbnail = await fetch(`${served.url}thumbnails/${all[0]?.id}/dense`);
    expect([thumbnail.status, thumbnail.headers.get('cache-control')]).toEqual([
      200,
      expect.stringContaining('immutable'),
    ]);
    expect((await served.stop()).code).toBe(0);
  });
});

it('a missing page is reported, with the command to build it', async () => {
  const empty = join(folder, 'empty');
  await mkdir(empty);
  await expect(readPageFiles(empty)).rejects.toThrow(
    'the page is not built: run "npm run build:page" in the repository',
  );
  await buildPage();
  expect([...(await readPageFiles()).keys()]).toContain('gallery.js');
});
