import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonLines, repository } from '../support/cli.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';

const folder = await makeTinyModel();
const sampleSchema = z.object({ batches: z.number(), resident: z.number() });

describe('the memory of a worker', () => {
  it('differs by less than 10 % after 4,000 and after 12,000 batches of varying size', async () => {
    const script = join(repository, 'test/support/classify-many.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, folder, '12000']);
    const samples = jsonLines(stdout).map((line) => sampleSchema.parse(line));
    console.table(
      samples.map(({ batches, resident }) => ({ batches, 'resident MiB': Math.round(resident / 2 ** 20) })),
    );
    // Before that, the JavaScript and WebAssembly heaps grow in steps that depend on the load of the machine.
    const [first, last] = [samples[1], samples.at(-1)];
    expect([first?.batches, last?.batches]).toEqual([4000, 12_000]);
    expect((last?.resident ?? 0) / (first?.resident ?? 0)).toBeLessThan(1.1);
  });
});
