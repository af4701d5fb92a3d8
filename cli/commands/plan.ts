import type { Command } from 'commander';
import { plan, planDetails } from '../engine/plan/plan.ts';
import { printListed, printPlan } from '../terminal/print-plan.ts';
import { terminalColumns } from '../terminal/terminal-columns.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions } from './pipeline-options.ts';
import { addPlanOptions, optionsProblem, type PlanOptions, spotShareOf } from './plan-options.ts';

export function addPlanCommand(program: Command): void {
  addPlanOptions(addStoreOptions(program.command('plan')))
    .argument('[images]', 'a folder or s3://bucket/prefix whose images are listed; or use --count')
    .summary('estimate the cost and duration of a job on AWS')
    .description(
      'Compare the duration and cost of a job on everything that a deployment can classify with: CPU functions, CPU ' +
        'instances and GPU instances. The cheapest option for a deadline is named, with the commands that deploy it, ' +
        'and explained: requests, hours, storage, hours with more workers, and the prices of other services. The ' +
        'speed of CPUs is measured on this machine with the model, if it is there. Nothing is started or ' +
        'downloaded, and images are only listed. Figures that were not measured are marked as assumptions.',
    )
    .addHelpText(
      'after',
      helpText({
        examples: [
          'plan --count 1000000',
          'plan s3://drop/photos --deadline 2h',
          'plan --count 50000 --size 2.5MB --megapixels 12 \\\n--instance lambda --workers 20',
        ],
        exitCodes: { 0: 'estimated' },
      }),
    )
    .action(async (images: string | undefined, options: PlanOptions, command: Command) => {
      const problem = argumentsProblem(images, options) ?? optionsProblem(options);
      if (problem !== undefined) command.error(`error: ${problem}`);
      const request = { ...options, spotShare: spotShareOf(options) };
      const planned = await plan(images, request, options.json ? () => {} : printListed);
      if (options.json) console.log(JSON.stringify(planDetails(planned)));
      else printPlan(planned, terminalColumns());
    });
}

function argumentsProblem(images: string | undefined, { count, size }: PlanOptions): string | undefined {
  if (images === undefined && count === undefined) return 'give a folder, s3://bucket/prefix, or --count <n>';
  if (images === undefined) return undefined;
  if (count !== undefined) return `give either images or --count, not both ${images} and --count ${count}`;
  if (size !== undefined) return `--size applies to --count: the images of ${images} are listed with their sizes`;
  return undefined;
}
