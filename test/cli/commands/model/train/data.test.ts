import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../../support/run-command.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { quick, writeBarsAndNetwork, writeColors } from '../../../../support/training-data.ts';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
await writeBarsAndNetwork(folder);
await writeColors(folder);

const train = (...args: string[]) => runCommand(['model', 'train', at('lenet'), ...args]);

describe('model train', () => {
  it('trains on IDX files, tests on their test set, and writes a model that runs', async () => {
    const recipe = ['--epochs', '6', '--rate', '0.02', '--averaging', '0.9'];
    const { code, stdout, stderr } = await train('--data', at('bars'), ...quick, ...recipe, '--out', at('out'));
    expect([code, stderr.split('\n').filter((line) => /^epoch \d+:/.test(line)).length]).toEqual([0, 6]);
    expect(stderr).toMatch(/^40 images per label of 2 labels; 76 to train on, 4 held out$/m);
    expect(stderr).toMatch(/^9 updates per epoch of 8 images each, rate 0\.020$/m);
    expect(stdout).toMatch(/^lenet5@[0-9a-f]{12} in .*out, trained from lenet5@[0-9a-f]{12}$/m);
    expect(stdout).toMatch(/^76 images of 2 labels, 4 held out; 61,\d{3} of 61,\d{3} parameters trained$/m);
    expect(stdout).toMatch(/^accuracy on 20 test images: [01]\.\d{4} \(loss /m);
    expect(await readFile(at('out.training', 'history.svg'), 'utf8')).toMatch(/^<svg /);
    expect((await readFile(at('out.training', 'history.csv'), 'utf8')).trimEnd().split('\r\n')).toHaveLength(7);
    await expect(readFile(at('out.training', 'checkpoint.json'))).rejects.toThrow(/ENOENT/);
    const verified = await runCommand(['model', 'verify', at('out')]);
    expect(verified.code).toBe(0);
  });

  it('learns new labels from a folder, and skips unreadable images', async () => {
    await writeFile(at('colors', 'red', 'broken.png'), 'no image');
    await writeFile(at('colors', 'beside.png'), 'no label');
    const recipe = ['--epochs', '3', '--hold-out', '0.2'];
    const { code, stdout } = await train('--data', at('colors'), ...quick, ...recipe, '--out', at('own'), '--json');
    const report = JSON.parse(stdout);
    expect([code, report.labels, report.images]).toEqual([0, 3, { train: 15, validation: 3, test: 0 }]);
    expect(report.leftOut.map(({ reason }: { reason: string }) => reason).sort()).toEqual(['no_label', 'not_an_image']);
    const { labels } = JSON.parse(await readFile(at('own', 'manifest.json'), 'utf8'));
    expect(labels.map(({ id }: { id: string }) => id)).toEqual(['blue', 'green', 'red']);
  });

  it('chooses batch and rate for few images, and warns of what they are too few for', async () => {
    const args = ['--data', at('colors'), '--epochs', '1', '--out', at('few')];
    const chosen = await train(...args);
    expect([chosen.code, chosen.stderr.split('\n').filter((line) => /warning: --hold-out/.test(line))]).toEqual([
      0,
      ['warning: --hold-out 0.05 rounds to no image of any label: give a larger share, or more images'],
    ]);
    expect(chosen.stderr).toMatch(
      /^1 update per epoch of 16 images each, rate 0\.013; batch and rate chosen for 18 images/m,
    );
    const json = await train(...args, '--overwrite', '--batch', '9', '--rate', '0.01', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ batch: 9, rate: 0.01, updatesPerEpoch: 2, updates: 2 },
      ...{ imagesPerLabel: { fewest: 6, median: 6, most: 6 }, warnings: [expect.stringMatching(/^--hold-out 0\.05/)] },
    });
  });

  it('says in one line why a named accelerator cannot train, and that workers belong to the CPU', async () => {
    const args = ['--data', at('bars'), ...quick, '--out', at('never')];
    const cuda = await train(...args, '--accelerator', 'cuda');
    expect([cuda.code, cuda.stderr.trimEnd().split('\n').at(-1)]).toEqual([
      1,
      expect.stringMatching(/^inception-batch: cuda: not available: /),
    ]);
    const both = await train(...args, '--accelerator', 'cuda', '--asynchronous');
    expect([both.code, both.stderr.trimEnd().split('\n').at(-1)]).toEqual([
      1,
      'inception-batch: asynchronous gradients come from workers on the CPU: omit --asynchronous or --accelerator',
    ]);
  });

  it('rejects unusable data in one line, and writes nothing', async () => {
    await cp(at('colors', 'red'), at('one', 'red'), { recursive: true });
    await mkdir(at('none'));
    const cases: [string[], RegExp][] = [
      [['--data', at('one')], /one has only the label red: give images of at least two labels$/],
      [['--data', at('none')], /no labeled images in .*none: it is empty$/],
      [['--data', at('nowhere')], /nowhere cannot be read: give a folder of class folders, a CSV file or IDX files$/],
      [
        ['--data', at('bars'), '--checkpoint', at('bad', 'own')],
        /own is inside .*bad: give a folder outside of it for --checkpoint$/,
      ],
      [['--data', at('bars'), '--test', at('colors')], /must both be IDX files, or both image files$/],
      [
        ['--data', at('bars'), '--from', 'inception'],
        /no layer is named inception: choose one such as c1, c3, c5, f6, output$/,
      ],
    ];
    const usage = await train('--data', at('bars'), '--rate', 'fast', '--out', at('bad'));
    expect([usage.code, usage.stderr]).toEqual([
      2,
      expect.stringContaining("option '--rate <x>' argument 'fast' is invalid. Give a number from 1e-9 to 100."),
    ]);
    for (const [args, message] of cases) {
      const { code, stderr } = await train(...args, ...quick, '--out', at('bad'));
      expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([1, expect.stringMatching(message)]);
    }
    await expect(readFile(at('bad', 'manifest.json'))).rejects.toThrow(/ENOENT/);
  });
});
