import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../support/run-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('model build', () => {
  const folder = temporaryFolder();

  it('builds a model that inspect shows layer by layer', async () => {
    const out = join(folder, 'model');
    const built = await runCommand(['model', 'build', 'lenet5', '--classes', '3', '--out', out, '--json']);
    expect(built.code).toBe(0);
    const outcome = { directory: out, labels: 3, parameters: 62_006 - 7 * 85 };
    expect(JSON.parse(built.stdout)).toMatchObject(outcome);
    const inspected = await runCommand(['model', 'inspect', out, '--json']);
    const { layers } = JSON.parse(inspected.stdout);
    expect(layers.totals).toMatchObject({ depth: 5, parameters: outcome.parameters });
    expect(layers.rows[0].layers[0]).toMatchObject({ operator: 'Transpose', shape: [1, 3, 32, 32] });
    const table = await runCommand(['model', 'inspect', out]);
    expect(table.stdout).toMatch(/\nc1 +Conv 5×5 +6×28×28 +1 +456 +353 k +5\n/);
    const principles = await runCommand(['model', 'inspect', '--principles', out]);
    expect(principles).toMatchObject({ code: 0, stderr: '' });
    expect(principles.stdout).toContain('     1.36 s2: 28×28×6 to 14×14×6, later 10×10×16\n');
    const asJson = await runCommand(['model', 'inspect', '--principles', out, '--json']);
    expect(JSON.parse(asJson.stdout).checks[1].findings).toMatchObject([{ layers: ['s2'] }]);
  });

  it('builds a compact Inception-v3 whose modules inspect --layers splits', async () => {
    const out = join(folder, 'v3');
    await runCommand(['model', 'build', 'compact-inception-v3', '--width', '0.25', '--out', out]);
    const modules = await runCommand(['model', 'inspect', out]);
    expect(modules.stdout).toMatch(/\nmixed_3b +10 layers +40×14×14 +5 /);
    const { code, stdout } = await runCommand(['model', 'inspect', out, '--layers']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nmixed_3b\/2\.2_1x7 +Conv 1×7 +8×14×14 +1 /);
    expect(stdout).not.toMatch(/\nmixed_3b /);
  });

  it.each([
    [
      ['vgg'],
      1,
      'inception-batch: unknown network vgg: give one of googlenet, inception-v2, inception-v3, compact-inception, compact-inception-v3, compact-resnet, lenet5, network-in-network, compact-network-in-network\n',
    ],
    [['googlenet', '--size', '8'], 1, 'inception-batch: an image of 8×8 pixels is too small for googlenet'],
    [
      ['inception-v3', '--weights', folder],
      1,
      `weights are copied from an .onnx file, and ${folder} is a folder: import a model of another form, and give the result with --trunk\n`,
    ],
    [['googlenet', '--width', 'wide'], 2, "option '--width <factor>' argument 'wide' is invalid. Give a number"],
  ])('rejects %j in one line', async (args, code, message) => {
    const out = join(folder, 'none');
    const refused = await runCommand(['model', 'build', ...args, '--out', out]);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toContain(message);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});
