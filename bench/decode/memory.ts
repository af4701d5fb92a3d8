import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { pictures } from './pictures.ts';

// Peak memory of decoding, by format, compared with estimate-decode-memory.ts. Each file is decoded in a separate process, so
// that nothing else adds to the peak.
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, scale: { type: 'string', default: '1' } },
});
const scale = Number(values.scale);
const shapes: readonly (readonly [width: number, height: number])[] = [
  [4000 * scale, 4000 * scale],
  [16_000, 500],
  [500, 16_000],
];
const peakSchema = z.object({ outcome: z.string(), expected: z.number(), grown: z.number() });
await using temporary = await temporaryFolder();
const path = join(temporary.path, 'picture');

console.log(`${describeMachine(['sharp'])}\n`);
console.log('picture                            size           peak, MiB  bytes/pixel  estimate, MiB');
for (const [name, encode] of Object.entries(pictures).filter(([name]) => name.includes(values.only))) {
  for (const [width, height] of shapes) {
    await writeFile(path, await encode(width, height));
    const { outcome, expected, grown } = await peakOf(path);
    const columns = [
      name.padEnd(34),
      `${width}×${height}`.padEnd(14),
      mebibytes(grown).padStart(9),
      (grown / (width * height)).toFixed(2).padStart(14),
      mebibytes(expected).padStart(14),
      grown > expected ? 'above the estimate' : '',
      outcome === 'decoded' ? '' : outcome,
    ];
    console.log(columns.join(' ').trimEnd());
  }
}

async function peakOf(file: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'peak.ts'), file]);
  return peakSchema.parse(JSON.parse(stdout));
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
