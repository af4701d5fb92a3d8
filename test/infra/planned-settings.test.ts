import { expect, it } from 'vitest';
import { parseStage } from '../../infra/stage-file.ts';
import { workloadOf } from '../../jobs/cost/workload.ts';
import { settingsOf } from '../../plan/deployment-of.ts';
import { optionNames, planOptions } from '../../plan/options.ts';

const speed = { model: 'net', rate: 100, rateFrom: 'a test', source: 'given' } as const;

it.each(optionNames)('plans with %s are deployed with the settings of a stage, and with as many workers', (name) => {
  for (const deadlineHours of [undefined, 0.2, 2]) {
    const speeds = { cores: [speed], gpu: speed };
    const options = planOptions(workloadOf({ images: 1e6 }), { speeds, spotShare: 0.5, deadlineHours });
    const [option] = options.filter((other) => other.name === name);
    if (option === undefined) throw new Error(`no option ${name}`);
    const { settings } = parseStage('batch', settingsOf(option, 'net', 'my-photos'));
    expect(settings.maxWorkers).toBe(option.estimate.job.workers);
    if (name !== 'lambda') expect(settings).toMatchObject({ instanceTypes: [name], spotPercent: 50 });
  }
});
