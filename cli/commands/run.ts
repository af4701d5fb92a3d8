import { type Command, Option } from 'commander';
import { transports } from '../../shared/crops/transport.ts';
import { programName } from '../../shared/failures/program-name.ts';
import { type RunOptions, run } from '../engine/run/run.ts';
import type { Summary } from '../engine/run/summary.ts';
import { printSummary } from '../terminal/print-summary.ts';
import { withRunDisplay } from '../terminal/with-display.ts';
import { helpText } from './help-text.ts';
import { addPipelineOptions, jobOption } from './pipeline-options.ts';
import { queueUrl } from './queue-url.ts';

export function addRunCommand(program: Command): void {
  const command = addPipelineOptions(program.command('run'))
    .argument('<images>', 'a folder or s3://bucket/prefix')
    .summary('classify every image of a folder or bucket once')
    .description(
      'Classify every image of a folder or bucket. Images that an earlier run has finished with the same model are ' +
        'skipped, so an interrupted run continues where it stopped. Hidden files are skipped.',
    )
    .addOption(jobOption())
    .option('--queue <url>', 'send crops through this SQS queue, used by this run alone, instead of memory', queueUrl)
    .addOption(
      new Option(
        '--transport <how>',
        'how crops travel through the queue: inline in the messages, or packed into objects under packed/ of the ' +
          'store; only a bucket lifecycle rule deletes them (default: the cheaper one; inline if the store is a ' +
          'folder)',
      ).choices(transports),
    )
    .addHelpText(
      'after',
      helpText({
        examples: ['run ./photos', 'run s3://drop/photos --store s3://results/drop'],
        exitCodes: { 0: 'every image has a row', 1: 'an error, or no image could be classified' },
      }),
    )
    .allowExcessArguments()
    .action(async (images: string, options: RunOptions & { readonly json?: boolean }) => {
      if (command.args.length > 1) {
        const advice = `give one folder or prefix, or use "${programName()} classify" for several images`;
        command.error(`error: run takes one argument, but received ${command.args.length}: ${advice}`);
      }
      if (options.transport !== undefined && options.queue === undefined) {
        command.error('error: --transport applies to an SQS queue: give --queue too');
      }
      const summary = await withRunDisplay(options.json === true, (hooks) => run(images, options, hooks));
      if (options.json) console.log(JSON.stringify(summary));
      else printSummary(summary, options);
      process.exitCode = exitCode(summary);
    });
}

function exitCode({ interrupted, pending, classified, classifiedBefore }: Summary): number {
  if (interrupted) return 130;
  return pending === 0 && classified + classifiedBefore > 0 ? 0 : 1;
}
