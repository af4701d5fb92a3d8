import type { Command } from 'commander';
import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import { type ReplayOptions, replay } from '../engine/replay/replay.ts';
import { withModelProgress } from '../terminal/model-progress.ts';
import { printReplay } from '../terminal/print-replay.ts';
import { helpText } from './help-text.ts';
import { addPipelineOptions } from './pipeline-options.ts';

export function addReplayCommand(program: Command): void {
  addPipelineOptions(program.command('replay'))
    .argument('<event>', 'a captured event, as a JSON file')
    .summary('run a captured S3 or SQS event through the handlers')
    .description(
      'Run a captured event through the deployed handlers, without AWS. The event is what Lambda passed to a function ' +
        '(a batch of an SQS queue, or an SNS event), or a single S3, EventBridge or SNS event. Buckets are read from ' +
        'folders of the same name in --objects; keys that no folder can hold, such as a/../b.jpg, are ' +
        'rejected. Events that leave no row are counted and named with the reason.',
    )
    .option('--objects <dir>', 'folder that contains a folder per bucket (default: "objects" next to the event)')
    .addHelpText(
      'after',
      helpText({
        examples: ['replay events/s3-put.json --store replayed', 'replay event.json --objects ./buckets --json'],
        exitCodes: { 0: 'every message succeeded', 1: 'an error, or the queue would deliver a message again' },
      }),
    )
    .action(async (path: string, options: ReplayOptions & { readonly json?: boolean }) => {
      const replayed = await withModelProgress(options.json === true, (models) =>
        replay(path, options, (session) => console.error(describeSession(session)), models),
      );
      if (options.json) console.log(JSON.stringify(replayed, withoutEmbeddings));
      else printReplay(replayed, options);
      process.exitCode = replayed.response.batchItemFailures.length === 0 ? 0 : 1;
    });
}

function withoutEmbeddings(name: string, value: unknown): unknown {
  return name === 'embedding' ? undefined : value;
}
