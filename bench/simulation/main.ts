import { parseArgs } from 'node:util';
import { UserError } from '../../shared/failures/user-error.ts';
import { assumptions } from './assumptions.ts';
import { incidentBudget, simulateIncidents } from './pipeline/incidents.ts';
import { simulate } from './pipeline/outcome.ts';
import { defaultScenarios } from './pipeline/scenario.ts';
import { printIncidents, printOutcomes } from './print.ts';
import { readTemplate, synthesizeStage } from './synthesize-stage.ts';
import type { Deployment } from './template/deployment.ts';

// How a deployment scales: its synthesized template, over simulated time.
const help = `npm run simulate -- [options]

Simulates the queues, functions, workers and alarms of a synthesized template.
Without --stage or --template: the default settings, with GPU workers and with the classify function.

  --stage NAME       simulate infra/stages/NAME.json
  --template FILE    simulate a template that \`cdk synth\` wrote
  --incidents        print which alarm goes off first for each incident, and when
  --seed NUMBER      seed of the random numbers (default 1)
  --assumptions      print what the template does not contain, with its sources
  --json             print everything as JSON, with later alarms, restarts and the longest stall
`;
// Benchmarks and this command are for developers: other errors keep their stack trace.
try {
  const values = parse(process.argv.slice(2));
  if (values.help) console.log(help);
  else if (values.assumptions) printAssumptions();
  else await main(values);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`simulate: ${error.message}\n`);
  process.exitCode = 1;
}

type Options = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stage: { type: 'string' },
        template: { type: 'string' },
        incidents: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        assumptions: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    // Node's message has several sentences or lines; the first one names the argument.
    const [problem] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UserError(`${problem}, see --help`);
  }
}

async function main(values: Options): Promise<void> {
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new UserError('give a whole number as --seed');
  const results = (await deployments(values)).map(({ name, deployment }) =>
    values.incidents
      ? { name, deployment, incidents: simulateIncidents(deployment, { seed }) }
      : { name, deployment, outcomes: defaultScenarios.map((scenario) => simulate(deployment, scenario, { seed })) },
  );
  if (values.json) {
    console.log(JSON.stringify(results.map(({ deployment: _, ...result }) => result)));
    return;
  }
  for (const { name, deployment, incidents, outcomes = [] } of results) {
    console.log(`${name}\n`);
    if (incidents) printIncidents(incidents);
    else printOutcomes(deployment, outcomes);
    console.log();
  }
}

async function deployments({
  stage,
  template,
  incidents,
}: Options): Promise<{ readonly name: string; readonly deployment: Deployment }[]> {
  if (template !== undefined) return [{ name: template, deployment: readTemplate(template) }];
  if (stage !== undefined) return [{ name: `stage ${stage}`, deployment: await synthesizeStage(stage) }];
  const budget = incidents ? { monthlyBudget: incidentBudget } : {};
  const text = incidents ? `default settings and a monthly budget of $${incidentBudget}` : 'default settings';
  return Promise.all(
    (['gpu', 'lambda'] as const).map(async (classifier) => ({
      name: `${classifier === 'gpu' ? 'GPU workers' : 'classify function'}, ${text}`,
      deployment: await synthesizeStage('simulated', { ...budget, classifier }),
    })),
  );
}

function printAssumptions(): void {
  for (const { what, value, unit, from } of Object.values(assumptions)) {
    console.log(`${what}: ${value.toLocaleString('en')} ${unit} (${from})`);
  }
}
