import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, runCommand } from '../../../support/run-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { writeMember } from '../../../support/write-member.ts';

describe('model ensemble', () => {
  const folder = temporaryFolder();

  it('reports the members, the labels and how far the mean is exact', async () => {
    const models = [await writeMember({ name: 'large', size: 40, channels: 5 }), await writeMember({ name: 'small' })];
    const out = join(folder, 'out');
    const combined = await runCommand(['model', 'ensemble', ...models, '--out', out]);
    expect(combined).toMatchObject({ code: 0, stderr: '' });
    const id = '@[0-9a-f]{12}';
    expect(combined.stdout).toMatch(
      new RegExp(
        `^ensemble${id} in ${out}: mean of large${id}, small${id}\n` +
          "4 labels, embedding size 16; probabilities within \\d\\.\\de[-+]\\d+ of the members' mean, embedding equal to theirs\n" +
          `cut out or resized in the network: the images of small${id}\n$`,
      ),
    );
    const verified = await runCommand(['model', 'verify', out]);
    expect(verified.code).toBe(0);
  });

  it('prints JSON, and keeps one embedding', async () => {
    const models = [await writeMember({ head: 20 }), await writeMember({ name: 'other', head: 30 })];
    const out = join(folder, 'json');
    const args = ['--embedding-of', models[1] ?? '', '--name', 'pair', '--out', out, '--json'];
    const { stdout } = await runCommand(['model', 'ensemble', ...models, ...args]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ model: expect.stringMatching(/^pair@/), directory: out, labels: 4, embeddingSize: 8, refitted: [] },
      ...{ members: [expect.stringMatching(/^member@/), expect.stringMatching(/^other@/)], sharedLayers: 2 },
      embeddingDifference: 0,
    });
  });

  it('refuses in one line', async () => {
    const model = await writeMember();
    const out = join(folder, 'none');
    expect(await failureOf(['model', 'ensemble', model, model, '--out', out])).toMatch(/^the same model twice: /);
    expect(await failureOf(['model', 'ensemble', model, '--out', out])).toBe('an ensemble needs two or more models');
    const other = await writeMember({ channels: 5 });
    expect(await failureOf(['model', 'ensemble', model, other, '--embedding-of', 'x', '--out', out])).toBe(
      `--embedding-of x is not one of the models: give one of ${model}, ${other}`,
    );
    expect(await failureOf(['model', 'ensemble', model, other, '--out', model, '--overwrite'])).toBe(
      `${model} is the source model: give another folder`,
    );
  });
});
