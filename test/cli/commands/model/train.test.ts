import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../../model/ensemble/ensemble-model.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { buildModel } from '../../../../model/networks/build-model.ts';
import { optimizeModel } from '../../../../model/optimize/optimize-model.ts';
import { makeHalfModel } from '../../../../model/quantize/make-half-model.ts';
import { loadModel } from '../../../../shared/models/model-directory.ts';
import { repository } from '../../../support/cli.ts';
import { writeBars } from '../../../support/idx.ts';
import { failureOf, runCommand } from '../../../support/run-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { writeMember } from '../../../support/write-member.ts';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const quick = ['--epochs', '1', '--batch', '8', '--workers', '1', '--area', '0.8'];

await mkdir(at('bars'));
await writeBars(at('bars'), 'train', 80);
await writeBars(at('bars'), 't10k', 20, 2);
await writeFile(at('labels.txt'), 'upright an upright bar\nlying a lying bar\n');
await buildModel({ network: 'lenet5', labels: at('labels.txt'), out: at('lenet') });
for (const [label, color] of Object.entries({ red: '#d02020', blue: '#2020d0', green: '#20d020' })) {
  await mkdir(at('colors', label), { recursive: true });
  for (let image = 0; image < 6; image += 1) {
    const noise = { type: 'gaussian' as const, mean: 30 + 10 * image, sigma: 8 };
    const spots = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#000', noise } })
      .png()
      .toBuffer();
    const picture = sharp({ create: { width: 40, height: 40, channels: 3, background: color } }).composite([
      { input: spots, blend: 'add' },
    ]);
    await picture.png().toFile(at('colors', label, `${image}.png`));
  }
}

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

  it('trains an optimized model, which computes LRN with other operators', async () => {
    const small = { network: 'googlenet', size: 64, width: 0.1, labels: at('labels.txt') };
    await buildModel({ ...small, out: at('googlenet') });
    const { passes } = await optimizeModel({ source: at('googlenet'), out: at('fast'), mergeSiblings: false });
    expect(passes).toContain('LRN as convolution');
    const args = ['--data', at('colors'), ...quick, '--out', at('trained'), '--json'];
    const { code, stdout } = await runCommand(['model', 'train', at('fast'), ...args]);
    expect([code, JSON.parse(stdout).updates]).toEqual([0, 2]);
    const manifest = await readFile(at('trained', 'manifest.json'), 'utf8');
    expect(JSON.parse(manifest).derivedFrom).toBeUndefined();
  });

  it('refuses an ensemble, also an optimized one, and says to train its members', async () => {
    const members = [await writeMember(), await writeMember({ channels: 5 })];
    await ensembleModel({ sources: members, out: at('ensemble') });
    await optimizeModel({ source: at('ensemble'), out: at('fast-ensemble'), mergeSiblings: false });
    for (const directory of ['ensemble', 'fast-ensemble']) {
      const args = ['--data', at('colors'), ...quick, '--out', at('never')];
      expect(await failureOf(['model', 'train', at(directory), ...args])).toBe(
        `${(await loadModel(at(directory))).id} is an ensemble: train its members, then combine them again`,
      );
    }
  });

  it('names the model to train instead of an optimized one', async () => {
    const small = { network: 'compact-inception', width: 0.1, batchNorm: true, labels: at('labels.txt') };
    await buildModel({ ...small, out: at('compact') });
    const { id } = await loadModel(at('compact'));
    await optimizeModel({ source: at('compact'), out: at('folded'), mergeSiblings: false });
    const args = ['--data', at('colors'), ...quick];
    const folded = await runCommand(['model', 'train', at('folded'), ...args, '--out', at('without-norm')]);
    expect(folded.code).toBe(0);
    expect(folded.stderr).toMatch(
      new RegExp(
        `^warning: compact-inception@\\w+ is optimized, .*: train ${id}, from which it was made, to keep it$`,
        'm',
      ),
    );
    await optimizeModel({ source: at('compact'), out: at('merged'), mergeSiblings: true });
    const merged = await runCommand(['model', 'train', at('merged'), ...args, '--out', at('never')]);
    expect(merged.code).toBe(1);
    expect(merged.stderr).toMatch(
      new RegExp(
        `^inception-batch: train the model that this one was made from, ${id}: Split node .* has no derivative`,
        'm',
      ),
    );
  });

  it('names the model to train instead of a half-precision one, before it reads an image', async () => {
    await makeHalfModel({ source: at('lenet'), images: 2, out: at('half') });
    const { id } = await loadModel(at('lenet'));
    const args = ['--data', at('absent'), ...quick, '--out', at('never')];
    const { code, stderr } = await runCommand(['model', 'train', at('half'), ...args]);
    expect([code, stderr.split('\n').length]).toEqual([1, 2]);
    expect(stderr).toMatch(
      new RegExp(
        `lenet5-fp16@\\w+ is a half-precision model: give the float model that it was made from, lenet5 \\(${id}\\)$`,
        'm',
      ),
    );
  });

  it('says what to train if an operator has no derivative', async () => {
    const curved = await writeMember({
      name: 'curved',
      labels: ['upright', 'lying'],
      edit: (graph) => ({
        ...graph,
        nodes: graph.nodes.map((node) =>
          node.output[0] === 'relu1' ? makeNode('Erf', node.input, node.output, { name: 'curve' }) : node,
        ),
      }),
    });
    const args = ['--data', at('bars'), ...quick, '--out', at('never')];
    const { code, stderr } = await runCommand(['model', 'train', curved, ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^inception-batch: Erf node curve has no derivative; supported operators: .*; train only layers after it \(--from\), or learn labels on its embedding with "model finetune"$/m,
    );
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

  it('continues with --resume after Ctrl-C', async () => {
    const args = ['--data', at('bars'), ...quick, '--epochs', '400', '--out', at('long')];
    const child = spawn(process.execPath, [
      join(repository, 'cli/inception-batch.js'),
      'model',
      'train',
      at('lenet'),
      ...args,
    ]);
    let [messages, printed] = ['', ''];
    child.stdout.on('data', (data: Buffer) => {
      printed += data;
    });
    child.stderr.on('data', (data: Buffer) => {
      if (!messages.includes('epoch 2:') && `${messages}${data}`.includes('epoch 2:')) child.kill('SIGINT');
      messages += data;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, printed]).toEqual([
      130,
      expect.stringMatching(
        /^interrupted after \d+ epochs and [\d,]+ updates; to continue from .*long\.training, repeat the command with --resume\n$/,
      ),
    ]);
    expect(await readFile(at('long.training', 'history.csv'), 'utf8')).toMatch(/^epoch,/);
    const anew = await train(...args);
    expect([anew.code, anew.stderr]).toEqual([
      1,
      expect.stringMatching(
        /contains a training that was stopped after \d+ updates: continue it with --resume, or remove the folder/,
      ),
    ]);
    const other = await train(...args, '--resume', '--rate', '0.01');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/belongs to another training: its rate is 0\.00625, now it is 0\.01\n$/),
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
