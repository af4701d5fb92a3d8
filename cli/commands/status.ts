import { type Command, Option } from 'commander';
import { assumptionsOf } from '../../jobs/cost/estimate.ts';
import type { Status } from '../engine/status/progress.ts';
import { readStatus, type StatusQuery } from '../engine/status/read-status.ts';
import { interruption } from '../terminal/interruption.ts';
import { printStatus, progressLine } from '../terminal/print-status.ts';
import { watchStatus } from '../terminal/watch-status.ts';
import { addStoreOptions } from './pipeline-options.ts';

interface StatusOptions extends StatusQuery {
  readonly watch?: boolean;
  readonly json?: boolean;
}

export function addStatusCommand(program: Command): void {
  addStoreOptions(program.command('status'))
    .summary('what became of the images, how many are pending, how fast, and what that used')
    .description(
      'Count the images of every job by what became of them, with how fast they were done, how long the others will ' +
        'take and an estimate of what that used. Of a job that was submitted it is known what is pending; images that ' +
        'were only dropped are known once they have a row, unless --images says where they lie.',
    )
    .option('--job <name>', 'the images of this job alone')
    .addOption(
      new Option(
        '--images <place>',
        'the images of this folder or s3://bucket/prefix alone, with or without a row',
      ).conflicts('job'),
    )
    .option('--queue <url...>', 'queues of SQS whose messages are counted too')
    .option('--watch', 'look again every two seconds until no image is pending')
    .option('--json', 'print it as JSON; with --watch, a line for every change')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch status --store .cache/store\n' +
        '  $ inception-batch status --store s3://results --job photos --watch\n' +
        '  $ inception-batch status --store s3://results --images s3://drop/photos --queue QUEUE_URL --json\n' +
        '\nExit code: 0 counted, with --watch no image is pending; 1 a fault, or no image; 130 interrupted.\n',
    )
    .action(async (options: StatusOptions) => {
      if (options.watch) process.exitCode = await watch(options);
      else print(await readStatus(options), options);
    });
}

async function watch(options: StatusOptions): Promise<number> {
  const { stop, release } = interruption();
  const redraw = process.stdout.isTTY === true && !options.json;
  const line = options.json ? json : progressLine;
  try {
    const look = () => readStatus(options);
    return (await watchStatus({ look, line, output: process.stdout, redraw, stop })) ? 0 : 130;
  } finally {
    release();
  }
}

function print(status: Status, options: StatusOptions): void {
  if (options.json) console.log(json(status));
  else printStatus(status, process.stdout.isTTY ? process.stdout.columns : undefined);
}

function json({ computed, ...status }: Status): string {
  if (computed === undefined) return JSON.stringify(status);
  const estimates = computed.usage.estimates.map((own) => ({ ...own, assumptions: assumptionsOf(own.job) }));
  return JSON.stringify({ ...status, ...computed, usage: { ...computed.usage, estimates } });
}
