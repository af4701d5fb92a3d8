import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { describeMachine } from '../machine.ts';
import { pictures } from './pictures.ts';

// How much memory a picture takes while it is decoded, by format, beside the estimate of estimate-decode-memory.ts. A file is
// decoded in a process of its own, whose memory has no other peak.
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
const work = await mkdtemp(join(tmpdir(), 'inception-bench-'));
const path = join(work, 'picture');

try {
  console.log(`${describeMachine(['sharp'])}\n`);
  console.log('picture                            size           peak, MiB  bytes a pixel  expected, MiB');
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
        grown > expected ? 'more than expected' : '',
        outcome === 'decoded' ? '' : outcome,
      ];
      console.log(columns.join(' ').trimEnd());
    }
  }
} finally {
  await rm(work, { recursive: true });
}

async function peakOf(file: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'peak.ts'), file]);
  return peakSchema.parse(JSON.parse(stdout));
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
