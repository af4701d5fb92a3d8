import type { Command } from 'commander';
import { countLetters, type LetterCounts } from '../../../jobs/retry/count-letters.ts';
import { exportRows } from '../../../results/export/export.ts';
import type { Results } from '../../../results/open/open-results.ts';
import {
  countFailures,
  type FailureFilter,
  failedImagesSql,
  failuresSql,
} from '../../../results/questions/failed-images.ts';
import { modelsOf, shortNames, storedModels } from '../../../results/questions/stored-models.ts';
import { openDeadLetters } from '../../engine/open-queues.ts';
import { interruptible } from '../../terminal/interruption.ts';
import { describeReason, printFailures } from '../../terminal/print-failures.ts';
import { terminalColumns } from '../../terminal/terminal-columns.ts';
import { exportTarget } from '../export-options.ts';
import { helpText } from '../help-text.ts';
import {
  addDeadLettersOption,
  addFailuresOptions,
  addModelOption,
  failureColumns,
  type ListOptions,
  withStoredRows,
} from './options.ts';

interface LsOptions extends ListOptions {
  readonly deadLetters?: readonly string[];
  readonly json?: boolean;
}

export function addLsCommand(failures: Command): void {
  const command = addModelOption(addFailuresOptions(failures.command('ls')));
  addDeadLettersOption(command, 'URL of a dead-letter queue to read; its messages are kept')
    .summary('count rejected images by reason, and list them')
    .description(
      'Count the rejected images by reason, with its meaning and whether a retry could succeed, then list the ' +
        'images, each once however many models rejected it. Dead letters are counted by the reason of their image. They are hidden from other consumers for ' +
        'some seconds while they are read.',
    )
    .option('--json', 'print a line of JSON per reason, dead-letter queue, and image and model')
    .addHelpText(
      'after',
      helpText({
        examples: ['failures ls', 'failures ls --store s3://results/drop --reason timeout \\\n--json | head'],
        exitCodes: {
          0: 'listed',
          1: 'an error, no results, or an unknown job or model',
          130: 'interrupted, and dead letters are visible again',
        },
      }),
    )
    .action((options: LsOptions) =>
      withStoredRows(options, async (results) => {
        const models = await modelsOf(results, '--model', options.model);
        const filter = { job: options.job, reasons: options.reason, models };
        const counts = await countFailures(results, filter);
        const letters = await readDeadLetters(options, results, filter);
        if (options.json) {
          for (const count of counts.reasons) {
            console.log(JSON.stringify({ kind: 'reason', ...describeReason(count.reason), ...count }));
          }
          for (const queue of letters) console.log(JSON.stringify({ kind: 'dead_letters', ...queue }));
        } else printFailures(counts, letters, { filter, columns: terminalColumns() });
        if (process.exitCode === 130 || counts.images === 0) return;
        await printImages(options, results, filter);
      }),
    );
}

async function readDeadLetters(
  { deadLetters = [], ...aws }: LsOptions,
  results: Results,
  filter: FailureFilter,
): Promise<LetterCounts[]> {
  return interruptible(async (stop) => {
    const counts: LetterCounts[] = [];
    for (const url of deadLetters) {
      if (!stop.aborted) counts.push(await countLetters(await openDeadLetters(url, aws), results, { filter, stop }));
    }
    if (stop.aborted) process.exitCode = 130;
    return counts;
  });
}

async function printImages({ json }: LsOptions, results: Results, filter: FailureFilter): Promise<void> {
  const sql = json
    ? failuresSql([`'image' as kind`, ...failureColumns], filter)
    : failedImagesSql(filter, shortNames(filter.models ?? (await storedModels(results))));
  await exportRows(results, { format: json ? 'jsonl' : 'table', to: exportTarget({}), sql });
}
