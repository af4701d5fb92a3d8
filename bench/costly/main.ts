import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { costlyFiles } from './costly-files.ts';

// The costliest files under 1 MB in each format: how they end, time, memory, and how long ordinary images wait for them.
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const run = promisify(execFile);
const measured = z.object({
  result: z.string(),
  ms: z.number(),
  peak: z.number(),
  aloneMs: z.number(),
  neighborsMs: z.number(),
});
await using temporary = await temporaryFolder();

console.log(describeMachine(['sharp']));
console.log(
  'Each file with 20 photos, in a process of its own, on 2 cores. Memory is that of all processes together.\n',
);
console.log(
  'format  file                             bytes  outcome                s  peak MiB  20 photos, ms  (alone)',
);
for (const { format, what, make } of costlyFiles.filter((file) =>
  `${file.format} ${file.what}`.includes(values.only),
)) {
  const bytes = await make();
  if (bytes.length > 1_048_576) throw new Error(`${format}, ${what}: ${bytes.length} bytes are over 1 MB`);
  const path = join(temporary.path, 'costly');
  await writeFile(path, bytes);
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'measure.ts'), path]);
  const { result, ms, peak, aloneMs, neighborsMs } = measured.parse(JSON.parse(stdout));
  const columns = [
    format.padEnd(6),
    what.padEnd(30),
    String(bytes.length).padStart(7),
    result.padEnd(15),
    (ms / 1000).toFixed(2).padStart(8),
    (peak / 2 ** 20).toFixed(0).padStart(8),
    neighborsMs.toFixed(0).padStart(13),
    `(${aloneMs.toFixed(0)})`.padStart(8),
  ];
  console.log(columns.join('  '));
}
