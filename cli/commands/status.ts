import { type Command, Option } from 'commander';
import { assumptionsOf } from '../../jobs/cost/estimate.ts';
import { openStore } from '../engine/locations.ts';
import type { Status } from '../engine/status/progress.ts';
import { readStatus, type StatusQuery } from '../engine/status/read-status.ts';
import { interruptible } from '../terminal/interruption.ts';
import { printStatus, progressLine } from '../terminal/print-status.ts';
import { terminalColumns } from '../terminal/terminal-columns.ts';
import { watchStatus } from '../terminal/watch-status.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions } from './pipeline-options.ts';
import { queueUrls } from './queue-url.ts';

interface StatusOptions extends StatusQuery {
  readonly watch?: boolean;
  readonly json?: boolean;
}

export function addStatusCommand(program: Command): void {
  addStoreOptions(program.command('status'))
    .summary('count images by outcome, with progress, speed and estimated cost')
    .description(
      'Count the images of every job by outcome, with their speed, the remaining time and an estimate of the cost. ' +
        'The total of a submitted job is known. Uploaded images are counted once they have a row; with --images, ' +
        'images without a row are counted too.',
    )
    .option('--job <name>', 'count only images of this job')
    .addOption(
      new Option(
        '--images <location>',
        'count the images of this folder or s3://bucket/prefix, with or without a row',
      ).conflicts('job'),
    )
    .option('--queue <url...>', 'SQS queues whose messages are counted too', queueUrls)
    .option('--watch', 'refresh every two seconds until no image is pending')
    .option('--json', 'print JSON; with --watch, a line per change')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'status',
          'status --store s3://results --job photos --watch',
          'status --store s3://results --images s3://drop/photos \\\n--queue "$UPLOADS" --json',
        ],
        exitCodes: { 0: 'counted; with --watch, no image is pending', 1: 'an error, no images, or an unknown job' },
      }),
    )
    .action(async (options: StatusOptions) => {
      const store = await openStore(options);
      const read = () => readStatus(store, options);
      if (options.watch) process.exitCode = await watch(read, options);
      else if (options.json) console.log(toJson(await read()));
      else printStatus(await read(), terminalColumns(), options);
    });
}

async function watch(read: () => Promise<Status>, { json }: StatusOptions): Promise<number> {
  const redraw = process.stdout.isTTY === true && !json;
  const line = json ? toJson : progressLine;
  const ended = await interruptible((stop) => watchStatus({ read, line, output: process.stdout, redraw, stop }));
  return ended ? 0 : 130;
}

function toJson({ computed, ...status }: Status): string {
  if (computed === undefined) return JSON.stringify(status);
  const estimates = computed.usage.estimates.map((estimate) => ({
    ...estimate,
    assumptions: assumptionsOf(estimate.job),
  }));
  return JSON.stringify({ ...status, ...computed, usage: { ...computed.usage, estimates } });
}
