import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { quantizeModel } from '../../model/quantize/quantize-model.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';
import { peakOf } from './peak-of.ts';
import { sourcesOf, stagePackage } from './stage-package.ts';

// Peak memory and rate of the command `run`, compiled as in the package, with the optimized network in float and in int8. With
// --before, an earlier commit runs in turns with the working tree.
const { values } = parseArgs({
  options: {
    copies: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    before: { type: 'string' },
  },
});
const summarySchema = z.object({ classified: z.number(), seconds: z.number() });
await using temporary = await temporaryFolder();
const at = (name: string) => join(temporary.path, name);

await importGooglenet(at('imported'));
await optimizeModel({ source: at('imported'), out: at('float'), mergeSiblings: false });
await quantizeModel({ source: at('float'), calibrate: fixtures.photos, images: 100, out: at('int8'), force: true });
await mkdir(at('photos'));
const names = await readdir(fixtures.photos);
for (let copy = 0; copy < Number(values.copies); copy += 1) {
  for (const name of names) await copyFile(join(fixtures.photos, name), join(at('photos'), `${copy}-${name}`));
}
const images = names.length * Number(values.copies);

const commands = new Map<string, string>();
if (values.before !== undefined) {
  sourcesOf(values.before, at('sources'));
  commands.set(values.before, stagePackage(at('sources'), at('before')));
}
commands.set('now', stagePackage(join(import.meta.dirname, '../..'), at('now')));

console.log(describeMachine(['onnxruntime-node', 'sharp']));
console.log(`\n${images} photos, peak memory in MiB, medians of ${values.rounds} rounds in turns\n`);
console.log('model  version       process  all processes  images/s  core ms/image');
for (const model of ['float', 'int8']) {
  const rounds = new Map<string, Measured[]>(Array.from(commands.keys(), (version) => [version, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [version, command] of commands) {
      rounds.get(version)?.push(await measure(command, model, at(`store-${model}-${version}-${round}`)));
    }
  }
  for (const [version, runs] of rounds) print(model, version, runs);
}
console.log(
  '\n"process" is the peak resident memory of the main process; "all processes" adds those that it started, with shared pages\n' +
    'divided among their users. Decoding, the network and writing the results are measured, and the start of the command.',
);

interface Measured {
  readonly resident: number;
  readonly all: number;
  readonly rate: number;
  readonly core: number;
}

async function measure(command: string, model: string, store: string): Promise<Measured> {
  const args = ['run', at('photos'), '--model', at(model), '--store', store, '--json'];
  const { output, resident, all, processorSeconds } = await peakOf([command, ...args]);
  const { classified, seconds } = summarySchema.parse(JSON.parse(output));
  if (classified !== images) throw new Error(`expected ${images} classified photos, got ${classified}`);
  return { resident, all, rate: images / seconds, core: (1000 * processorSeconds) / images };
}

function print(model: string, version: string, runs: readonly Measured[]): void {
  const of = (key: keyof Measured) => median(runs.map((run) => run[key]));
  const columns = [
    model.padEnd(6),
    version.slice(0, 12).padEnd(12),
    (of('resident') / 2 ** 20).toFixed(0).padStart(8),
    (of('all') / 2 ** 20).toFixed(0).padStart(14),
    of('rate').toFixed(1).padStart(9),
    of('core').toFixed(1).padStart(14),
  ];
  console.log(columns.join(' '));
}
