import { Command, CommanderError } from 'commander';
import { errorCode } from '../shared/local/file-failure.ts';
import { addCompactCommand } from './commands/compact.ts';
import { addFailuresCommand } from './commands/failures/failures.ts';
import { addModelCommand } from './commands/model/model.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addResultsCommand } from './commands/results.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSimilarCommand } from './commands/similar.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSubmitCommand } from './commands/submit.ts';
import { addWatchCommand } from './commands/watch.ts';
import { askForRequiredOptionsLast } from './required-options.ts';
import { printError } from './terminal/print-error.ts';

const commands = [
  addRunCommand,
  addWatchCommand,
  addReplayCommand,
  addPlanCommand,
  addSubmitCommand,
  addStatusCommand,
  addResultsCommand,
  addFailuresCommand,
  addCompactCommand,
  addServeCommand,
  addSimilarCommand,
  addModelCommand,
];

/**
 * The `inception-batch` command. Sets the process's exit code: 0 when the work was done, 1 when it was not, 2 when the
 * command line could not be understood, 130 when it was interrupted.
 */
export async function main(argv: readonly string[], version: string): Promise<void> {
  const program = new Command('inception-batch')
    .description('Drop images in a folder or bucket, get labels and embeddings, cheaply and without losing one.')
    .version(version)
    .option('--debug', 'show where an error came from')
    .exitOverride()
    .showHelpAfterError('(--help shows the options)')
    .addHelpText('after', '\nExample:\n  $ inception-batch run ./photos --model .cache/googlenet\n');
  for (const add of commands) add(program);
  askForRequiredOptionsLast(program);
  failWithOutput();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    printError(error, program.opts<{ debug?: boolean }>().debug === true);
    process.exitCode = 1;
  }
}

/** A reader that has seen enough is no fault; what cannot be written otherwise, as to a full disk, is one. */
function failWithOutput(): void {
  process.stdout.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') return;
    printError(error, false);
    process.exit(1);
  });
}
