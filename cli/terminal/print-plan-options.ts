import { amount } from '../../jobs/cost/line.ts';
import { quotasOf } from '../../plan/deployment-of.ts';
import type { PlanOption } from '../../plan/options.ts';
import { deployCommands } from '../engine/plan/deploy-commands.ts';
import { measuredMachine } from '../engine/plan/measure-core.ts';
import type { Plan } from '../engine/plan/plan.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { centsText, dollarText } from './dollar-text.ts';
import { duration } from './duration.ts';
import { printTable } from './print-table.ts';
import { textColumns } from './terminal-columns.ts';
import { workersOf } from './workers-of.ts';
import { wrapWords } from './wrap-words.ts';

/** Widest model in the table, which then fits in 80 columns. */
const modelLength = 14;

/** Prints a table of the options, the cheapest one, and the commands that deploy the chosen one. */
export function printPlanOptions(plan: Plan, columns: number | undefined): void {
  const { options, cheapest, chosen, deadlineHours, images } = plan;
  const { job } = cheapest.estimate;
  const within = deadlineHours === undefined ? '' : ` within ${hoursText(deadlineHours)}`;
  console.log(`${countOf(job.images, 'image')}${within}, in dollars for everything, on demand and on Spot:\n`);
  const head = ['option', 'model', 'speed', 'crops/s', 'workers', 'time', '$', 'Spot $'];
  printTable(head, options.map(rowOf), { columns, rightFrom: 3 });
  console.log('');
  for (const text of notesOf(plan)) printWrapped(text);
  console.log('');
  printWrapped(
    cheapest.problem === undefined
      ? `Cheapest${within}: ${describe(cheapest)}.`
      : `No option finishes${within}. Closest: ${describe(cheapest)}.`,
  );
  for (const { vCpus, name, code } of quotasOf(chosen))
    printWrapped(`Quota needed: ${vCpus} vCPUs of "${name}" (${code}).`);
  console.log(
    `\nTo deploy ${chosen === cheapest ? 'it' : workersOf(chosen.estimate.job.worker, chosen.estimate.job.workers)} and send the images, in a clone:\n`,
  );
  for (const line of deployCommands(chosen, images)) console.log(`  ${line}`);
}

function rowOf({ name, model, source, estimate, dollars, problem }: PlanOption): string[] {
  const { job, hours } = estimate;
  return [
    ...[name, cutLabel(model, modelLength), source, amount(Math.round(job.worker.rate))],
    ...[amount(job.workers), problem === undefined ? hoursText(hours) : 'late'],
    ...[centsText(dollars.onDemand), dollars.spot === undefined ? '' : centsText(dollars.spot)],
  ];
}

function notesOf({ options, leftOut, isSizeKnown }: Plan): string[] {
  const scaled = options.filter(({ source }) => source === 'scaled');
  return [
    ...(scaled.length === 0
      ? []
      : [
          `scaled: from ${measuredMachine()}, by the vCPUs of a worker. ` +
            'AWS was not measured: a vCPU of c7a, and 1,769 MB of a function, count as one of these cores.',
        ]),
    ...(scaled.some(({ name, isInt8 }) => name === 'lambda' && isInt8) && process.arch !== 'arm64'
      ? ['Functions run on arm64, where int8 was never measured.']
      : []),
    ...(options.some(({ source }) => source === 'published')
      ? ['published: for another network of about this size; give --gpu-rate for your own.']
      : []),
    ...(options.some(({ source }) => source === 'assumed')
      ? ['assumed: from npm run bench:models; pull the model to measure it here.']
      : []),
    ...(isSizeKnown
      ? []
      : [
          'Counted with the crops and rows of googlenet, 224 × 224 and 1,024 numbers: pull the model to count its own.',
        ]),
    ...(leftOut.length > 0
      ? [`Not listed, since their speed with this model is not known: ${leftOut.join(', ')}; give --gpu-rate.`]
      : []),
    ...lateNotes(options),
  ];
}

/** One for each reason, which many options may share. */
function lateNotes(options: readonly PlanOption[]): string[] {
  const late = options.filter(({ problem }) => problem !== undefined);
  return [...Map.groupBy(late, ({ problem }) => problem)].map(
    ([problem, same]) => `Late: ${same.map(({ name, model }) => `${name} with ${model}`).join(', ')}: ${problem}.`,
  );
}

function describe({ model, estimate }: PlanOption): string {
  const { job, dollars, hours } = estimate;
  return `${workersOf(job.worker, job.workers)}, with ${model}: ${dollarText(dollars)} in ${hoursText(hours)}`;
}

/** Seconds only below ten minutes. */
function hoursText(hours: number): string {
  const minutes = hours * 60;
  return duration((minutes < 10 ? minutes : Math.round(minutes)) * 60_000);
}

function printWrapped(text: string): void {
  for (const line of wrapWords(text, textColumns(), 0)) console.log(line);
}
