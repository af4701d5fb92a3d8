import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lowestShare } from '../../../../model/verify/lowest-share.ts';
import { repository } from '../../../support/cli.ts';
import { commandOutput, failureOf } from '../../../support/run-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const model = join(repository, 'demo/fashion-mnist/model');
const ranges = ['--ranges', 'ranges.json'];

it.each([
  [[...ranges, '--min-agreement', '0.5'], '--min-agreement has no effect with --ranges: leave it out'],
  [[...ranges, '--images', '100'], '--images has no effect with --ranges: leave it out'],
  [['--fp16', '--min-agreement', '0.97'], '--min-agreement has no effect with --fp16: leave it out'],
  [['--fp16', '--force'], '--force has no effect with --fp16: leave it out'],
])('model quantize rejects options without an effect: %j', async (args, message) => {
  const out = join(temporaryFolder(), 'out');
  expect(await failureOf(['model', 'quantize', model, ...args, '--out', out], 2)).toContain(message);
});

it('model quantize prints how many held-out images agree, and how little a few of them say', async () => {
  const samples = join(repository, 'demo/fashion-mnist/samples');
  const out = join(temporaryFolder(), 'out');
  // Whether a network this small is faster in int8 depends on the machine.
  const args = ['model', 'quantize', model, '--calibrate', samples, '--images', '8', '--force', '--out', out];
  const stdout = await commandOutput(args);
  const line =
    /: same label as the float model on ([\d.]+) % of 8 held-out images \(at least ([\d.]+) %, with 95 % confidence\), /;
  const [, share, bound] = line.exec(stdout) ?? [];
  expect(Number(bound)).toBeCloseTo(100 * lowestShare(Number(share) / 100, 8), 1);
});
