import type { Command } from 'commander';
import { countLetters, type LetterCounts } from '../../../jobs/retry/count-letters.ts';
import { exportRows } from '../../../results/export/export.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { countFailures, type FailureFilter, failuresSql } from '../../../results/questions/failed-images.ts';
import { interruption } from '../../terminal/interruption.ts';
import { describeReason, printFailures } from '../../terminal/print-failures.ts';
import {
  addDeadLettersOption,
  addFailuresOptions,
  type FailuresOptions,
  failureColumns,
  queueOpener,
  withResults,
} from './options.ts';

interface LsOptions extends FailuresOptions {
  readonly deadLetters?: readonly string[];
  readonly json?: boolean;
}

export function addLsCommand(failures: Command): void {
  const command = addFailuresOptions(failures.command('ls'));
  addDeadLettersOption(command, 'URL of a dead-letter queue to look into; its messages stay there')
    .summary('how many images were rejected, why, and which')
    .description(
      'Count the rejected images by reason, with what that means and whether another try may end otherwise, then list ' +
        'them. Dead letters are counted by the reason of their image; while they are looked at, for seconds, they are ' +
        'hidden from others.',
    )
    .option('--json', 'a line of JSON for each reason, dead-letter queue and image')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch failures ls --store .cache/store\n' +
        '  $ inception-batch failures ls --store s3://results/drop --reason timeout --json | head\n' +
        '\nExit code: 0 listed; 1 a fault, nothing is lost; 130 interrupted, dead letters are visible again.\n',
    )
    .action((options: LsOptions) =>
      withResults(options, async (results) => {
        const filter = { job: options.job, reasons: options.reason };
        const counts = await countFailures(results, filter);
        const letters = await lettersIn(options, results, filter);
        if (options.json) {
          for (const count of counts)
            console.log(JSON.stringify({ kind: 'reason', ...describeReason(count.reason), ...count }));
          for (const queue of letters) console.log(JSON.stringify({ kind: 'dead_letters', ...queue }));
        } else printFailures(counts, letters, process.stdout.isTTY ? process.stdout.columns : undefined);
        if (process.exitCode === 130 || counts.length === 0) return;
        await printImages(options, results, filter);
      }),
    );
}

async function lettersIn(
  { deadLetters = [], ...aws }: LsOptions,
  results: Results,
  filter: FailureFilter,
): Promise<LetterCounts[]> {
  const { openDeadLetters } = queueOpener(aws);
  const { stop, release } = interruption();
  try {
    const counts: LetterCounts[] = [];
    for (const url of deadLetters) {
      if (!stop.aborted) counts.push(await countLetters(await openDeadLetters(url), results, { filter, stop }));
    }
    if (stop.aborted) process.exitCode = 130;
    return counts;
  } finally {
    release();
  }
}

async function printImages({ json }: LsOptions, results: Results, filter: FailureFilter): Promise<void> {
  const { stdout } = process;
  const terminal = stdout.isTTY ? stdout : undefined;
  const to = { kind: 'stream', stream: stdout, terminal } as const;
  if (json) {
    const names = [`'image' as kind`, ...failureColumns];
    await exportRows(results, { format: 'jsonl', to, sql: failuresSql(names, filter) });
  } else {
    const names = ['key', 'job', 'reason', 'detail'];
    await exportRows(results, { format: 'table', to, sql: failuresSql(names, filter) });
  }
}
