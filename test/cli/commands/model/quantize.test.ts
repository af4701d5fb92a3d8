import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../../../support/cli.ts';
import { failureOf } from '../../../support/run-command.ts';
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
