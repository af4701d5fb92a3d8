import { spawn } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { shellWord } from '../cli/terminal/shell-word.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { loadModel } from '../shared/models/model-directory.ts';
import { contactSheet } from './contact-sheet.ts';
import { listSamples, type Outcome, type Sample } from './samples.ts';

export interface DemoPaths {
  /** Folder of class folders, each named by the id of a label of the model. */
  readonly samples: string;
  /** The model directory. */
  readonly model: string;
  /** Folder that is emptied, and holds the bucket, the results and the contact sheet then. */
  readonly folder: string;
}

const rowSchema = z.object({
  key: z.string(),
  status: z.string(),
  label_id: z.string().nullable(),
  label: z.string().nullable(),
  reason: z.string().nullable(),
});
type Row = z.infer<typeof rowSchema>;

const cli = fileURLToPath(new URL('../cli/inception-batch.js', import.meta.url));
const mistakesListed = 4;

/**
 * Drops samples in a folder that serves as the bucket, classifies them, and says how many are right. The command line runs
 * in a process of its own, so that what is shown is what anyone sees who gives the same command.
 * @returns whether every sample was classified; one that was rejected is none
 * @throws {UserError} when samples or model are missing, or no results came
 */
export async function runDemo({ samples, model, folder }: DemoPaths): Promise<boolean> {
  const { manifest } = await loadModel(model);
  const names = new Map(manifest.labels.map(({ id, name }) => [id, name]));
  const dropped = await listSamples(samples, new Set(names.keys()));
  const [bucket, store, sheet] = ['bucket', 'store', 'contact-sheet.html'].map((name) => shown(join(folder, name)));
  if (bucket === undefined || store === undefined || sheet === undefined) throw new Error('expected three places');
  await rm(folder, { recursive: true, force: true });
  for (const { label } of dropped) await mkdir(join(bucket, label), { recursive: true });
  for (const { key } of dropped) await cp(join(samples, key), join(bucket, key));
  console.log(`${dropped.length} samples of ${names.size} classes dropped in ${bucket}`);
  const code = await show(['run', bucket, '--model', shown(model), '--store', store, '--job', 'demo']);
  const rows = await rowsOf(store);
  const outcomes = dropped.map((sample) => outcomeOf(sample, rows.get(sample.key), names));
  const right = outcomes.filter(({ isCorrect }) => isCorrect).length;
  await writeFile(sheet, await contactSheet(outcomes, bucket));
  const percent = ((100 * right) / outcomes.length).toFixed(1);
  console.log(`\naccuracy: ${right} of ${outcomes.length} right, ${percent} %`);
  const wrong = mistakes(outcomes);
  if (wrong.length > 0) console.log(`most often wrong: ${wrong.slice(0, mistakesListed).join(', ')}`);
  console.log(`contact sheet, to open in a browser: ${sheet}`);
  console.log(
    `\nLook at them:     npx inception-batch serve --store ${shellWord(store)} --model ${shellWord(shown(model))}\n` +
      `Your own photos:  npx inception-batch model import googlenet-12.onnx --preset bvlc --labels synset_words.txt --out .cache/googlenet && ` +
      'npx inception-batch run ./photos --model .cache/googlenet',
  );
  const missed = outcomes.filter(({ isClassified }) => !isClassified);
  for (const { key, given } of missed) console.error(`not classified: ${key}: ${given}`);
  return code === 0 && missed.length === 0;
}

function outcomeOf({ key, label }: Sample, row: Row | undefined, names: ReadonlyMap<string, string>): Outcome {
  const given = row?.label ?? row?.reason ?? 'no result';
  const isClassified = row?.status === 'classified';
  return { key, label, name: names.get(label) ?? label, given, isClassified, isCorrect: row?.label_id === label };
}

/** Runs a command for everyone to see. */
async function show(command: readonly string[]): Promise<number> {
  console.log(`$ npx inception-batch ${command.map(shellWord).join(' ')}`);
  const child = spawn(process.execPath, [cli, ...command], { stdio: ['ignore', 'inherit', 'inherit'] });
  return ended(child);
}

async function rowsOf(store: string): Promise<ReadonlyMap<string, Row>> {
  const child = spawn(process.execPath, [cli, 'results', '--store', store, '--format', 'jsonl'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [lines, code] = await Promise.all([text(child.stdout), ended(child)]);
  if (code !== 0) throw new UserError(`the results in ${store} could not be read`);
  const rows = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rowSchema.parse(JSON.parse(line)));
  return new Map(rows.map((row) => [row.key, row]));
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}

/** `shirt as T-shirt/top 3×`, the most frequent first. */
function mistakes(outcomes: readonly Outcome[]): string[] {
  const pairs = Map.groupBy(
    outcomes.filter(({ isCorrect }) => !isCorrect),
    ({ name, given }) => `${name} as ${given}`,
  );
  return [...pairs]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([pair, { length }]) => `${pair} ${length}×`);
}

/** A place as one would type it here. */
function shown(place: string): string {
  const near = relative('', place);
  return near === '' || near.startsWith('..') ? place : near;
}
