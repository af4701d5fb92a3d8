import { parseArgs } from 'node:util';
import { UserError } from '../../shared/failures/user-error.ts';
import { stageName } from '../settings.ts';
import { describeChanges } from './change.ts';
import { operateClients } from './clients.ts';
import { messageOf } from './message-of.ts';
import { resumeStage } from './resume.ts';
import { type Operation, stopStage } from './stop.ts';

const usage = `usage: npm run stop -- --stage STAGE [--stack NAME] [--workers] [--json]
       npm run resume -- --stage STAGE [--stack NAME] [--json]
       npx inception-batch-cdk stop|resume ... with the package of the construct

stop    turns off the event sources of a stage and suspends the scaling that starts workers, without a deployment
resume  turns them on again

--stage STAGE  the stage, such as dev
--stack NAME   the stack that contains the stage, by default inception-batch-STAGE; other stages and resources in it
               are not changed
--workers      end running workers now, and those that running ingest functions start within the next five minutes;
               otherwise workers process the crops that wait, and then end
--json         print what was changed as JSON
`;

// npm run stop, npm run resume, and the program of the construct's package
try {
  const { command, target, workers, json, help } = parseCommand(process.argv.slice(2));
  if (help) {
    process.stdout.write(usage);
  } else {
    const clients = operateClients();
    const onWait = (line: string) => process.stderr.write(`${line}\n`);
    const done =
      command === 'stop' ? await stopStage(clients, target, { workers, onWait }) : await resumeStage(clients, target);
    process.stdout.write(json ? `${JSON.stringify(done)}\n` : describe(command, done));
    const { length } = done.failures;
    if (length > 0)
      throw new UserError(`${length} of ${length + done.changes.length} steps failed: run the command again`);
  }
} catch (error) {
  process.stderr.write(`inception-batch: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

function parseCommand(args: readonly string[]) {
  const { values, positionals } = parse(args);
  const [command = '', ...others] = positionals;
  if (values.help) return { command, target: { stage: '', stackName: '' }, workers: false, json: false, help: true };
  if (!/^(stop|resume)$/.test(command)) throw new UserError('give stop or resume, see --help');
  if (others.length > 0) {
    throw new UserError(
      `unexpected ${others.join(' ')}: write npm run ${command} -- --stage STAGE, with -- before --stage`,
    );
  }
  if (values.workers && command === 'resume')
    throw new UserError('omit --workers: resume starts workers when they are needed');
  const [given, ...more] = values.stage ?? [];
  if (more.length > 0) throw new UserError('give --stage once: one stage is stopped or resumed at a time');
  if (given === undefined) throw new UserError('give --stage STAGE, the name of a deployed stage, such as dev');
  const stage = stageName.safeParse(given);
  if (!stage.success) {
    throw new UserError(
      `${given} is not a stage: give --stage STAGE, up to 20 of a-z, 0-9 and -, starting with a letter`,
    );
  }
  const target = { stage: stage.data, stackName: values.stack ?? `inception-batch-${stage.data}` };
  return { command, target, workers: values.workers, json: values.json, help: false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        stage: { type: 'string', multiple: true },
        stack: { type: 'string' },
        workers: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    // Node's message has several sentences; the first one names the argument.
    const [problem] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UserError(`${problem}, see --help`);
  }
}

function describe(command: string, { stack, changes, failures, note }: Operation): string {
  const state = `${failures.length > 0 ? 'only partly ' : ''}${command === 'stop' ? 'stopped' : 'resumed'}`;
  return `${stack} is ${state}\n${describeChanges(changes, failures)}${note === undefined ? '' : `${note}\n`}`;
}
