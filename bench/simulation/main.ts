import { parseArgs } from 'node:util';
import { UserError } from '../../shared/failures/user-error.ts';
import { assumptions } from './assumptions.ts';
import { simulateIncidents } from './pipeline/incidents.ts';
import { simulate } from './pipeline/outcome.ts';
import { burst, daily, stream } from './pipeline/scenario.ts';
import { printIncidents, printOutcomes } from './print.ts';
import { readTemplate, synthesizeStage } from './synthesize-stage.ts';
import type { Deployment } from './template/deployment.ts';

// How a deployment scales: its synthesized template, over simulated time.
const help = `npm run simulate -- [options]

Simulates the queues, functions, workers and alarms of a synthesized template.
Without --stage or --template: the default settings, with GPU workers and with the classify function.

  --stage NAME       simulate infra/stages/NAME.json
  --template FILE    simulate a template that \`cdk synth\` wrote
  --incidents        print which alarm goes off for each of seven incidents, and when
  --seed NUMBER      seed of the random numbers (default 1)
  --assumptions      print what the template does not contain, with its sources
  --json             print everything as JSON
`;
const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    template: { type: 'string' },
    incidents: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    assumptions: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const scenarios = [burst(1e4), burst(1e6), burst(1e8), stream(1, { hours: 24 }), daily(1e4, 3)];

try {
  if (values.help) console.log(help);
  else if (values.assumptions) printAssumptions();
  else await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`simulate: ${error.message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const seed = Number(values.seed);
  if (values.incidents) {
    const all = (await deployments({ monthlyBudget: 100 })).map(({ name, deployment }) => ({
      name,
      incidents: simulateIncidents(deployment, { seed }),
    }));
    if (values.json) console.log(JSON.stringify(all));
    else for (const { name, incidents } of all) printIncidents(name, incidents);
    return;
  }
  const simulated = (await deployments()).map(({ name, deployment }) => ({
    name,
    deployment,
    outcomes: scenarios.map((scenario) => simulate(deployment, scenario, { seed })),
  }));
  if (values.json) {
    console.log(JSON.stringify(simulated.map(({ name, outcomes }) => ({ name, outcomes }))));
    return;
  }
  for (const { name, deployment, outcomes } of simulated) {
    console.log(`${name}\n`);
    printOutcomes(deployment, outcomes);
    console.log();
  }
}

async function deployments(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly name: string; readonly deployment: Deployment }[]> {
  const { stage, template } = values;
  if (template !== undefined) return [{ name: template, deployment: readTemplate(template) }];
  if (stage !== undefined) return [{ name: `stage ${stage}`, deployment: await synthesizeStage(stage) }];
  const both = [
    { name: 'GPU workers, default settings', classifier: 'gpu' },
    { name: 'classify function, default settings', classifier: 'lambda' },
  ];
  return Promise.all(
    both.map(async ({ name, classifier }) => ({
      name,
      deployment: await synthesizeStage('simulated', { ...settings, classifier }),
    })),
  );
}

function printAssumptions(): void {
  for (const { what, value, unit, from } of Object.values(assumptions)) {
    console.log(`${what}: ${value.toLocaleString('en')} ${unit} (${from})`);
  }
}
