import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../../../../support/cli.ts';
import { runCommand } from '../../../../support/run-command.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { quick, writeBarsAndNetwork } from '../../../../support/training-data.ts';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
await writeBarsAndNetwork(folder);

/** What a test changes of a checkpoint. */
const checkpointSchema = z.looseObject({ epochs: z.int(), recipe: z.record(z.string(), z.unknown()) });

const train = (...args: string[]) => runCommand(['model', 'train', at('lenet'), ...args]);

describe('model train --resume', () => {
  it('continues with --resume after Ctrl-C', async () => {
    const args = ['--data', at('bars'), ...quick, '--epochs', '400', '--seed', '5', '--out', at('long')];
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
    const other = await train(...args, '--resume', '--rate', '0.01', '--no-mirror');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^inception-batch: the checkpoint in .* was not made with --rate 0\.01: leave it out, or give --rate 0\.00625\n$/,
      ),
    ]);
    const flag = await train(...args, '--resume', '--no-mirror');
    expect(flag.stderr).toMatch(/was not made with --no-mirror: leave it out\n$/);
    const data = await train(...args, '--resume', '--hold-out', '0.2');
    expect(data.stderr).toMatch(
      /belongs to another training \(images: 76, now 64\): give the same --data and --hold-out\n$/,
    );
  });

  it('continues a checkpoint of an earlier version with its settings, and prints those that were not given', async () => {
    const path = at('long.training', 'checkpoint.json');
    const checkpoint = checkpointSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const { shift, erase, optimizer, clip, 'label-smoothing': smoothing, color, ...recipe } = checkpoint.recipe;
    expect([shift, erase, optimizer, clip, smoothing]).toEqual([0, 0, 'sgd', 'none', 0]);
    const epochs = checkpoint.epochs + 1;
    const former = { ...checkpoint, recipe: { ...recipe, epochs, colour: color, batch: 8, rate: 0.05 } };
    await writeFile(path, JSON.stringify(former));
    const args = ['--data', at('bars'), '--batch', '8', '--out', at('long'), '--resume'];
    const shifted = await train(...args, '--shift', '2');
    expect(shifted.stderr).toMatch(/was not made with --shift 2: leave it out, or give --shift 0\n$/);
    const { code, stderr } = await train(...args);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(
          `^settings of the checkpoint: --rate 0\\.05 --epochs ${epochs} --workers 1 --area 0\\.8 --seed 5$`,
          'm',
        ),
      ),
    ]);
    expect(stderr).toMatch(/^9 updates per epoch of 8 images each, rate 0\.050$/m);
  });

  it('needs a checkpoint', async () => {
    const { code, stderr } = await train('--data', at('bars'), '--out', at('none'), '--resume');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/no checkpoint in .*none\.training: start the training without --resume\n$/),
    ]);
  });
});
