import { Command, CommanderError } from 'commander';
import { escapeLines } from '../results/export/escape-controls.ts';
import { firstIssue } from '../shared/failures/first-issue.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { diskProblem, errorCode } from '../shared/stores/local/file-failure.ts';
import { addHelpCommands } from './commands/help-command.ts';
import { helpText } from './commands/help-text.ts';
import { checkRequiredOptionsLast } from './commands/required-options.ts';
import { answerTimes, withAnswerWatch } from './engine/command-watch.ts';
import { Interrupted } from './engine/interrupted.ts';
import { UsageError } from './engine/usage-error.ts';
import { escapeArguments } from './terminal/escape-arguments.ts';
import { escapeConsole } from './terminal/escape-console.ts';
import { printError } from './terminal/print-error.ts';
import { printMadeUpCredentials } from './terminal/print-made-up-credentials.ts';
import { silenceHooks } from './terminal/print-silence.ts';
import { usageErrorLine } from './terminal/usage-error-line.ts';

type AddCommand = (program: Command) => void;

/** In the order of the help. Loaded on demand: all of them take half a second. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  run: async () => (await import('./commands/run.ts')).addRunCommand,
  classify: async () => (await import('./commands/classify.ts')).addClassifyCommand,
  watch: async () => (await import('./commands/watch.ts')).addWatchCommand,
  replay: async () => (await import('./commands/replay.ts')).addReplayCommand,
  regions: async () => (await import('./commands/regions.ts')).addRegionsCommand,
  plan: async () => (await import('./commands/plan.ts')).addPlanCommand,
  submit: async () => (await import('./commands/submit.ts')).addSubmitCommand,
  status: async () => (await import('./commands/status.ts')).addStatusCommand,
  results: async () => (await import('./commands/results.ts')).addResultsCommand,
  failures: async () => (await import('./commands/failures/failures.ts')).addFailuresCommand,
  compact: async () => (await import('./commands/compact.ts')).addCompactCommand,
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  similar: async () => (await import('./commands/similar.ts')).addSimilarCommand,
  model: async () => (await import('./commands/model/model.ts')).addModelCommand,
};

/** Loads the command that is named before any option, or all commands, for example for the help. */
async function loadCommands([, , first = '']: readonly string[]): Promise<AddCommand[]> {
  const load = Object.hasOwn(commands, first) ? commands[first] : undefined;
  return load === undefined ? Promise.all(Object.values(commands).map((loadEach) => loadEach())) : [await load()];
}

/**
 * The `inception-batch` command. Sets the exit code of the process: 0 success, 1 an error, 2 an invalid command line,
 * 130 interrupted.
 */
export async function main(argv: readonly string[], version: string): Promise<void> {
  const program = new Command('inception-batch')
    .description('Classify images in a folder or bucket: labels and embeddings for every image, at low cost.')
    .version(version)
    .option('--debug', 'show the stack of an error')
    .exitOverride()
    .configureOutput({
      writeErr: (text) => process.stderr.write(escapeLines(escapeArguments(text, argv))),
      outputError: (text, write) => write(`${usageErrorLine(text, argv)}\n`),
    })
    .addHelpText(
      'after',
      helpText({ examples: ['run ./photos', 'run --help'], exitCodes: { 0: 'the work was done' } }),
    );
  for (const add of await loadCommands(argv)) add(program);
  addHelpCommands(program);
  checkRequiredOptionsLast(program);
  failWithOutput(argv);
  escapeConsole(argv);
  try {
    const hooks = { ...answerTimes, ...silenceHooks, onMadeUpCredentials: printMadeUpCredentials };
    await withAnswerWatch(hooks, () => program.parseAsync(argv));
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    printError(error, { argv, debug: program.opts<{ debug?: boolean }>().debug === true });
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return 130;
  return error instanceof UsageError ? 2 : 1;
}

/** A reader that closes the pipe is not an error; other write errors are, such as a full disk. */
function failWithOutput(argv: readonly string[]): void {
  process.stdout.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') return;
    const problem = diskProblem(error) ?? firstIssue(error);
    printError(new UserError(`standard output cannot be written: ${problem}`, { cause: error }), { argv });
    process.exit(1);
  });
}
