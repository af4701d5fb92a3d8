import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ort from 'onnxruntime-node';
import { countOf } from '../../cli/terminal/count-of.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { compareRates } from '../compare-rates.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';
import { runOnPhotos } from '../photo-pipeline.ts';
import { bareRuntime, bareSharp, publishedNetwork, readySessions } from './baselines.ts';
import { naiveScript } from './naive-script.ts';

// Efficiency of the pipeline, against sharp and onnxruntime alone and against a simple script.
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
});
const threads = Number(values.threads);
const batchSize = 8;
await using temporary = await temporaryFolder();
const work = temporary.path;

const folder = resolve(fixtures.photos);
const files = (await readdir(folder)).toSorted();
const model = values.model === undefined ? await importGooglenet(join(work, 'model')) : await loadModel(values.model);
const cores = { intraOpNumThreads: threads };
const published = await ort.InferenceSession.create(await publishedNetwork(fixtures.googlenet), cores);
const bare = await ort.InferenceSession.create(model.network, cores);
const session = await openSession(model, { threads });

const pipeline = (round: number) =>
  runOnPhotos({ folder, photos: files, store: join(work, `store-${round}`), model, session, threads, batchSize });
const contenders = [
  { name: 'naive script', work: () => naiveScript(folder, files, published) },
  { name: 'bare sharp', work: () => bareSharp(folder, files, threads) },
  { name: 'bare onnxruntime', work: () => bareRuntime(bare, model, files.length, batchSize) },
  { name: 'one session per core', work: () => readySessions(session, model, files.length, batchSize) },
  { name: 'pipeline', work: pipeline },
] as const;

console.log(describeMachine(['sharp', 'onnxruntime-node']));
console.log(
  `${files.length} photos, ${model.id}, batches of ${batchSize}, ${countOf(threads, 'thread')}, ${values.rounds} rounds\n`,
);
const rates = await compareRates(contenders, { images: files.length, rounds: Number(values.rounds) });
const perRound = (ratio: (round: Round) => number) => median(rounds(rates).map(ratio));
const efficiency = perRound(({ sharp, runtime, sessions, all }) => all * (1 / sharp + 1 / Math.max(runtime, sessions)));
console.log(`\nefficiency = pipeline ÷ 1/(1/sharp + 1/onnxruntime) = ${efficiency.toFixed(2)}`);
console.log(`pipeline ÷ naive script = ${perRound(({ naive, all }) => all / naive).toFixed(2)}`);
console.log(
  'Ratios are medians over rounds; onnxruntime is the faster of its two rates. Loading models is not measured. Reading\n' +
    'files is measured except for onnxruntime; writing Parquet results only for the pipeline.',
);
await session.close();

interface Round {
  readonly naive: number;
  readonly sharp: number;
  readonly runtime: number;
  readonly sessions: number;
  readonly all: number;
}

/** The contenders' rates by round. */
function rounds([naive = [], sharp = [], runtime = [], sessions = [], all = []]: readonly number[][]): Round[] {
  const at = (rates: readonly number[], round: number) => rates[round] ?? Number.NaN;
  return naive.map((rate, round) => ({
    naive: rate,
    sharp: at(sharp, round),
    runtime: at(runtime, round),
    sessions: at(sessions, round),
    all: at(all, round),
  }));
}
