import { spawn } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { followUp } from '../cli/engine/follow-up.ts';
import { shellWord } from '../cli/engine/shell-word.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { loadModel } from '../shared/models/model-directory.ts';
import { contactSheet } from './contact-sheet.ts';
import { listSamples, type Outcome, type Sample } from './samples.ts';

export interface DemoPaths {
  /** Folder with one subfolder per label, named by the label's id. */
  readonly samples: string;
  /** The model directory. */
  readonly model: string;
  /** Working folder, emptied first: bucket, results and contact sheet. */
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
const maxMistakes = 4;

/**
 * Copies the samples to a folder that serves as the bucket, classifies them and prints the accuracy. The command runs in a
 * separate process, so that its output is exactly what a user sees.
 * @returns whether every sample was classified, not rejected
 * @throws {UserError} if samples, model or results are missing
 */
export async function runDemo({ samples, model, folder }: DemoPaths): Promise<boolean> {
  const { manifest } = await loadModel(model);
  const names = new Map(manifest.labels.map(({ id, name }) => [id, name]));
  const dropped = await listSamples(samples, new Set(names.keys()));
  const inFolder = (name: string) => displayPath(join(folder, name));
  const [bucket, store, sheet] = [inFolder('bucket'), inFolder('store'), inFolder('contact-sheet.html')];
  await rm(folder, { recursive: true, force: true });
  for (const { label } of dropped) await mkdir(join(bucket, label), { recursive: true });
  for (const { key } of dropped) await cp(join(samples, key), join(bucket, key));
  console.log(`${dropped.length} samples of ${names.size} classes dropped in ${bucket}`);
  const code = await show(['run', bucket, '--model', displayPath(model), '--store', store, '--job', 'demo']);
  const rows = await rowsOf(store);
  const outcomes = dropped.map((sample) => outcomeOf(sample, rows.get(sample.key), names));
  const correct = outcomes.filter(({ isCorrect }) => isCorrect).length;
  await writeFile(sheet, await contactSheet(outcomes, bucket));
  const percent = ((100 * correct) / outcomes.length).toFixed(1);
  console.log(`\naccuracy: ${correct} of ${outcomes.length} correct, ${percent} %`);
  const mistakes = mistakesOf(outcomes);
  if (mistakes.length > 0) console.log(`most often wrong: ${mistakes.slice(0, maxMistakes).join(', ')}`);
  console.log(`contact sheet (open it in a browser): ${sheet}`);
  console.log(
    `\nBrowse them:      ${followUp('serve', { store, model: displayPath(model) })}\n` +
      `Your own photos:  ${followUp('run', {}, ['./photos'])}`,
  );
  const missed = outcomes.filter(({ isClassified }) => !isClassified);
  for (const { key, predicted } of missed) console.error(`not classified: ${key}: ${predicted}`);
  return code === 0 && missed.length === 0;
}

function outcomeOf({ key, label }: Sample, row: Row | undefined, names: ReadonlyMap<string, string>): Outcome {
  const predicted = row?.label ?? row?.reason ?? 'no result';
  const isClassified = row?.status === 'classified';
  return { key, label, name: names.get(label) ?? label, predicted, isClassified, isCorrect: row?.label_id === label };
}

/** Runs a command and shows its output. */
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
  if (code !== 0) throw new UserError(`cannot read the results in ${store}`);
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
function mistakesOf(outcomes: readonly Outcome[]): string[] {
  const pairs = Map.groupBy(
    outcomes.filter(({ isCorrect }) => !isCorrect),
    ({ name, predicted }) => `${name} as ${predicted}`,
  );
  return [...pairs].sort(([, a], [, b]) => b.length - a.length).map(([pair, { length }]) => `${pair} ${length}×`);
}

/** A path relative to the current folder, or absolute outside it. */
function displayPath(path: string): string {
  const near = relative('', path);
  return near === '' || near.startsWith('..') ? path : near;
}
