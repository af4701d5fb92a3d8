import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { compareRates, medianRatio } from '../compare-rates.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// The ten-line program of examples/ on the library, against the command `run`, each as a process from start to end.
const { values } = parseArgs({
  options: { copies: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' } },
});
const execute = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
await using temporary = await temporaryFolder();
const at = (name: string) => join(temporary.path, name);
const [photos, imported, model] = [at('photos'), at('imported'), at('model')];

await importGooglenet(imported);
await optimizeModel({ source: imported, out: model, mergeSiblings: false });
await mkdir(photos);
const names = await readdir(fixtures.photos);
const copies = Number(values.copies);
for (let copy = 0; copy < copies; copy += 1) {
  for (const name of names) await copyFile(join(fixtures.photos, name), join(photos, `${copy}-${name}`));
}
const images = names.length * copies;

console.log(describeMachine(['onnxruntime-node', 'sharp']));
console.log(
  `\n${images} photos with googlenet, optimized, ${values.rounds} rounds in turns, median (slowest–fastest):`,
);
const start = (args: readonly string[]) =>
  execute(process.execPath, args, {
    ...{ cwd: repository, maxBuffer: 2 ** 26 },
    env: { ...process.env, INCEPTION_MODEL: model },
  });
const run = (round: number) =>
  start(['cli/inception-batch.js', 'run', photos, '--store', at(`store-${round}`), '--json']);
const program = async () => {
  const { stdout } = await start(['examples/classify-folder.ts', photos]);
  const lines = stdout.trimEnd().split('\n').length;
  if (lines !== images) throw new Error(`expected ${images} lines, got ${lines}`);
};
const [command, library] = await compareRates(
  [
    { name: 'inception-batch run', work: run },
    { name: 'examples/classify-folder.ts', work: program },
  ],
  { images, rounds: Number(values.rounds) },
);
console.log(`\nlibrary / run: ${medianRatio(library, command).toFixed(2)}, median of the rounds`);
console.log(
  `load average (1 min) at the end: ${loadavg()[0]?.toFixed(1)}. run also writes its results, and is compiled from its sources\n` +
    'at each start; the program loads compiled files and prints a line per image.',
);
