import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type SkipReason, skipReasons } from '../../lambdas/ingest/skip-events.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { readCapturedEvent } from '../engine/replay/captured-event.ts';
import { type Replayed, replayEvent } from '../engine/replay/replay-event.ts';
import { withPipeline } from '../engine/run/open-pipeline.ts';
import { addPipelineOptions, type PipelineOptions } from './pipeline-options.ts';

interface ReplayOptions extends PipelineOptions {
  readonly objects?: string;
}

export function addReplayCommand(program: Command): void {
  addPipelineOptions(program.command('replay'))
    .argument('<event>', 'a captured event, as JSON')
    .summary('run a captured S3 or SQS event through the handlers')
    .description(
      'Run a captured event through the very handlers that are deployed, without AWS: what Lambda handed to a ' +
        'function, or a bare S3, EventBridge or SNS event. Each bucket is a folder of its name below --objects.',
    )
    .option('--objects <dir>', 'folder with a folder for each bucket; by default "objects" beside the event')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch replay events/s3-put.json --model .cache/googlenet --store .cache/replay\n' +
        '\nExit code: 0 every message is done with; 1 the queue would deliver one again.\n',
    )
    .action(async (path: string, options: ReplayOptions) => {
      const replayed = await replay(path, options);
      if (options.json) console.log(JSON.stringify(replayed, withoutEmbeddings));
      else print(replayed);
      process.exitCode = replayed.response.batchItemFailures.length === 0 ? 0 : 1;
    });
}

async function replay(path: string, options: ReplayOptions): Promise<Replayed> {
  const captured = await readCapturedEvent(path);
  const root = resolve(options.objects ?? join(dirname(path), 'objects'));
  const isFolder = await stat(root).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder && captured.readsObjects) {
    throw new UserError(`no folder ${root}: --objects names the folder with a folder for each bucket`);
  }
  return withPipeline(options, (pipeline) => replayEvent(captured, new FolderStore({ root }), pipeline));
}

function withoutEmbeddings(name: string, value: unknown): unknown {
  return name === 'embedding' ? undefined : value;
}

const skipReasonTexts: Readonly<Record<SkipReason, string>> = {
  clutter: 'a hidden name or an empty folder',
  output: 'written by the pipeline itself',
  superseded: 'told of by another event too',
};

function print({ handler, messages, failures, rows, leftOut }: Replayed): void {
  for (const row of rows) console.log(describe(row));
  for (const skipped of skipReasons) {
    const count = leftOut[skipped];
    if (count !== undefined)
      console.log(`${count} ${count === 1 ? 'event' : 'events'} left out: ${skipReasonTexts[skipped]}`);
  }
  console.log(
    `${handler}: ${messages} ${messages === 1 ? 'message' : 'messages'}, ${rows.length} ` +
      `${rows.length === 1 ? 'row' : 'rows'}, ${failures.length} to be delivered again` +
      failures.map(({ messageId, reason, message }) => `\n  ${messageId}: ${reason}: ${message}`).join(''),
  );
}

function describe(row: ResultRow): string {
  if (row.status === 'rejected') return `${row.key}: rejected, ${row.reason}: ${row.detail}`;
  if (row.status === 'deleted') return `${row.key}: deleted`;
  return `${row.key}: ${row.label} ${(row.probability * 100).toFixed(1)} %`;
}
