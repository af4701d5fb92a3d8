import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../../../model/ensemble/ensemble-model.ts';
import { makeNode } from '../../../../../model/graph/node.ts';
import { buildModel } from '../../../../../model/networks/build-model.ts';
import { optimizeModel } from '../../../../../model/optimize/optimize-model.ts';
import { makeHalfModel } from '../../../../../model/quantize/make-half-model.ts';
import { loadModel } from '../../../../../shared/models/model-directory.ts';
import { failureOf, runCommand } from '../../../../support/run-command.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { quick, writeBarsAndNetwork, writeColors } from '../../../../support/training-data.ts';
import { writeMember } from '../../../../support/write-member.ts';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
await writeBarsAndNetwork(folder);
await writeColors(folder);

describe('the model of model train', () => {
  it('can be an optimized one, which computes LRN with other operators', async () => {
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

  it('cannot be an ensemble, also an optimized one, and its members are to be trained', async () => {
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
});
