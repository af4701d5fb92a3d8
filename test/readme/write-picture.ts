import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { z } from 'zod';
import { startChromium } from '../gallery/page/with-chromium.ts';
import { launcher, repository } from '../support/cli.ts';
import { startServeOf } from '../support/serve.ts';

// node test/readme/write-picture.ts FOLDER
// Classifies the photos of the folder that docs/gallery.md credits, and writes docs/images/overview.webp: the photos, the
// rows that `results` prints, and the page that `serve` shows. Without a network, INCEPTION_MODEL names the model directory.
const execute = promisify(execFile);
const [source = '.'] = process.argv.slice(2);
const rowSchema = z.object({ key: z.string(), label: z.string(), probability: z.number() });
const page = { width: 1120, height: 700 };

const folder = await mkdtemp(join(tmpdir(), 'inception-batch-picture-'));
try {
  const photos = await copyCredited(resolve(source), join(folder, 'photos'));
  const inceptionBatch = (...args: string[]) => execute(process.execPath, [launcher, ...args], { cwd: folder });
  await inceptionBatch('run', './photos');
  const { stdout } = await inceptionBatch('results', '--json');
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => rowSchema.parse(JSON.parse(line)));
  const served = await startServeOf(launcher, ['--store', join(folder, 'inception-store')]);
  const { context, close } = await startChromium({ viewport: page, deviceScaleFactor: 2 });
  const tab = await context.newPage();
  await tab.goto(served.url);
  await tab.locator('.tiles img, [data-index] img').first().waitFor();
  await tab.waitForLoadState('networkidle');
  const gallery = await tab.screenshot();
  await served.stop();

  // A tab of its own: the gallery's policy allows no foreign styles.
  const drawn = await context.newPage();
  await drawn.setViewportSize({ width: 1280, height: 500 });
  await drawn.setContent(await overview(photos, rows, gallery));
  const picture = await drawn.screenshot();
  await close();
  await sharp(picture).webp({ quality: 72 }).toFile(join(repository, 'docs/images/overview.webp'));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function copyCredited(from: string, to: string): Promise<string[]> {
  const credits = await readFile(join(repository, 'docs/gallery.md'), 'utf8');
  const ids = new Set([...credits.matchAll(/^\[(\d+)\]\(https:\/\/www\.flickr\.com/gm)].map(([, id]) => id));
  const files = (await readdir(from, { recursive: true })).filter((path) => ids.has(basename(path).split('_')[0]));
  await mkdir(to);
  const copies = files.map((path) => join(to, `${basename(path).split('_')[0]}.jpg`)).sort();
  for (const path of files) await cp(join(from, path), join(to, `${basename(path).split('_')[0]}.jpg`));
  return copies;
}

async function overview(
  photos: readonly string[],
  rows: readonly z.infer<typeof rowSchema>[],
  gallery: Buffer,
): Promise<string> {
  const thumbnails = photos.slice(0, 12).map(async (path) => {
    const jpeg = await sharp(path).autoOrient().resize(160, 160).jpeg({ quality: 85 }).toBuffer();
    return `<img src="data:image/jpeg;base64,${jpeg.toString('base64')}" alt="">`;
  });
  const shown = rows.slice(0, 9).map(({ key, label, probability }) => {
    const [name = ''] = label.split(',');
    return `<tr><td>${basename(key)}<td>${name}<td class="number">${probability.toFixed(3)}`;
  });
  return `<!doctype html><style>${await readFile(join(import.meta.dirname, 'picture.css'), 'utf8')}</style>
<figure><figcaption>1. A folder, or an S3 bucket</figcaption>
  <div class="photos">${(await Promise.all(thumbnails)).join('')}</div>
  <code>npx inception-batch run ./photos</code></figure>
<b>→</b>
<figure><figcaption>2. Rows in Parquet files</figcaption>
  <table><tr><th>key<th>label<th class="number">probability${shown.join('')}</table>
  <code>npx inception-batch results</code></figure>
<b>→</b>
<figure class="wide"><figcaption>3. A page to browse the results</figcaption>
  <img class="page" src="data:image/png;base64,${gallery.toString('base64')}" alt="">
  <code>npx inception-batch serve</code></figure>`;
}
