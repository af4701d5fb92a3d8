import { afterAll, describe, expect, it } from 'vitest';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { startAws } from '../support/start-aws.ts';
import type { Rates } from './proxy/fault-plan.ts';
import { runScenario, type Scenario, type ScenarioOutcome } from './run-scenario.ts';
import { delayMs, imageCount, seed } from './settings.ts';
import { chaosTable } from './table.ts';

const answers: Rates = {
  ...{ 'error 500': 0.03, 'error 503': 0.03, 'late error': 0.02, reset: 0.02, 'late reset': 0.02, delay: 0.002 },
  ...{ 'cut body': 0.05, 'false ETag': 0.05 },
};
const queues: Rates = {
  ...{ 'failed entries': 0.1, 'falsely failed entries': 0.1 },
  ...{ 'lost receive': 0.05, 'repeated message': 0.15, 'reordered messages': 0.2 },
};
const kills = Math.ceil(imageCount / 60);
const pauses = Math.ceil(imageCount / 130);
const common = { seed, images: imageCount, delayMs } as const;
/** The ETag of a picture is part of its identity; that of another object must not matter. */
const isPicture = (path: string) => /\.(jpg|txt|bmp)$/.test(path);
const proxy = { mayHaveFalseEtag: (path: string) => !isPicture(path) };
const scenarios: readonly Scenario[] = [
  { ...common, name: 'answers of S3 and SQS', rates: answers, proxy, transport: 'packed' },
  { ...common, name: 'false ETags of pictures', rates: { 'false ETag': 0.3 }, proxy: { mayHaveFalseEtag: isPicture } },
  { ...common, name: 'messages', rates: queues },
  { ...common, name: 'kills and pauses', rates: {}, kills, pauses },
  {
    ...common,
    name: 'everything at once',
    rates: { ...answers, ...queues },
    proxy,
    kills,
    pauses,
    transport: 'packed',
  },
];

/** Images that may be left to retry, and dead letters: none where nothing ends a process. */
function allowed({ kills = 0, pauses = 0 }: Scenario): number {
  return kills + pauses === 0 ? 0 : Math.ceil(imageCount / 50);
}

const model = await makeTinyModel();
const aws = await startAws();

describe(`services that fail, with seed ${seed}`, () => {
  const outcomes: ScenarioOutcome[] = [];
  afterAll(() => console.info(`${chaosTable(outcomes)}\nseed ${seed}`));

  it.each(scenarios)('$name: every image has one row, and nothing is lost', async (scenario) => {
    const outcome = await runScenario(scenario, { aws, model });
    outcomes.push(outcome);
    const { missing, duplicated, wrong, deadLetters, status, rows, otherEtags, unfinished } = outcome;
    expect({ unused: outcome.unused, proxyErrors: outcome.proxyErrors }).toEqual({ unused: [], proxyErrors: [] });
    expect({ missing, duplicated, wrong }).toEqual({ missing: [], duplicated: [], wrong: [] });
    expect(rows).toBe(imageCount + otherEtags);
    // A picture that is read twice, once with a false ETag, counts as overwritten.
    if (!scenario.proxy?.mayHaveFalseEtag?.('.jpg')) expect(otherEtags).toBe(0);
    // Services that fail, and processes that end, take some images all their deliveries.
    expect(unfinished.length, unfinished.join('\n')).toBeLessThanOrEqual(allowed(scenario));
    const sound = outcome.images.filter(({ reason }) => reason === undefined).length;
    expect(outcome.classified).toBeGreaterThanOrEqual(sound - unfinished.length);
    expect(outcome.classified + outcome.rejected).toBe(imageCount);
    expect(deadLetters.withoutRow).toBe(0);
    // A message that is lost twice, and whose deletion fails three times, is a dead letter of a finished image.
    const unlucky = scenario.rates['lost receive'] === undefined ? 0 : 2;
    expect(deadLetters.withRow).toBeLessThanOrEqual(allowed(scenario) + unlucky);
    expect(status).toEqual({ total: imageCount, images: imageCount, pending: 0 });
    expect(outcome.kills + outcome.pauses).toBe((scenario.kills ?? 0) + (scenario.pauses ?? 0));
  });
});
