import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildModel } from '../../model/networks/build-model.ts';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let samples: string;
let model: string;

beforeEach(async () => {
  folder = temporaryFolder();
  samples = join(folder, 'samples');
  model = join(folder, 'model');
  const all = join(repository, 'demo/fashion-mnist/samples');
  for (const label of ['trouser', 'bag', 'shirt']) {
    await mkdir(join(samples, label), { recursive: true });
    await cp(join(all, label), join(samples, label), { recursive: true });
  }
  await buildModel({ network: 'lenet5', labels: join(repository, 'demo/fashion-mnist/labels.txt'), out: model });
});

/** Runs the demo in a separate process to capture its output. */
function demo(): Promise<{ complete: boolean | undefined; stdout: string; stderr: string }> {
  const paths = JSON.stringify({ samples, model, folder: join(folder, 'demo') });
  const script = `import { runDemo } from ${JSON.stringify(join(repository, 'demo/run-demo.ts'))};
    runDemo(${paths}).then((complete) => console.log('complete', complete), (error) => { console.error(error.message); process.exitCode = 1; });`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], { cwd: repository }, (_error, stdout, stderr) => {
      const [, complete] = /^complete (true|false)$/m.exec(stdout) ?? [];
      resolve({ complete: complete === undefined ? undefined : complete === 'true', stdout, stderr });
    });
  });
}

describe('the demo', () => {
  it('classifies every sample and prints the accuracy, also when repeated', async () => {
    await demo();
    const { complete, stdout } = await demo();
    expect(complete).toBe(true);
    expect(stdout).toContain('60 samples of 10 classes dropped in ');
    expect(stdout).toMatch(/60 images of job demo in .*: 60 classified, 0 rejected/);
    expect(stdout).toMatch(/^accuracy: \d+ of 60 correct, \d+\.\d %$/m);
    const page = await readFile(join(folder, 'demo', 'contact-sheet.html'), 'utf8');
    expect(page.match(/<figure/g)).toHaveLength(60);
    const correct = Number(/^accuracy: (\d+) of/m.exec(stdout)?.[1]);
    expect(page.match(/<strong>✗/g) ?? []).toHaveLength(60 - correct);
  });

  it('is incomplete if a sample is rejected, and names it with the reason', async () => {
    await writeFile(join(samples, 'bag', 'notes.png'), 'no image');
    const { complete, stdout, stderr } = await demo();
    expect(complete).toBe(false);
    expect(stdout).toMatch(/60 classified, 1 rejected/);
    expect(stdout).toMatch(/^accuracy: \d+ of 61 correct/m);
    expect(stderr).toContain('not classified: bag/notes.png: not_an_image');
    const page = await readFile(join(folder, 'demo', 'contact-sheet.html'), 'utf8');
    expect(page).toContain('<strong>✗ not_an_image</strong>');
  });

  it('skips hidden files, as a run does', async () => {
    await writeFile(join(samples, 'bag', '.thumbnails'), 'no image');
    const { complete, stdout } = await demo();
    expect(complete).toBe(true);
    expect(stdout).toContain('60 samples of 10 classes');
  });

  it('rejects a folder that is not named by a label, and a missing model', async () => {
    await mkdir(join(samples, 'hat'));
    expect((await demo()).stderr).toMatch(/hat is not named by a label of the model: t-shirt-top, trouser, /);
    await rm(model, { recursive: true });
    expect((await demo()).stderr).toMatch(/^no model in .*: manifest\.json is missing/m);
  });
});
