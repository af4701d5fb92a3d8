import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeImages } from './cast/pictures.ts';
import { hasParts, startCommand } from './cast/start-command.ts';
import { runScenario } from './run-scenario.ts';
import { delayMs, seed } from './settings.ts';
import { chaosTable } from './table.ts';

const day = 86_400_000;
const model = await makeTinyModel();

/** Variables of a process whose clock is set back by more than a day. */
const clockSetBack: NodeJS.ProcessEnv = {
  NODE_OPTIONS: `--import=${join(import.meta.dirname, 'cast/set-clock-back.ts')}`,
  CLOCK_BACK_MS: String(1.1 * day),
};

const summarySchema = z.object({
  total: z.number(),
  done: z.number(),
  pending: z.number(),
  seconds: z.number().positive(),
  imagesPerSecond: z.number().nonnegative(),
});

describe(`clocks that are set back by more than a day, with seed ${seed}`, () => {
  it('workers and ingest: every image has one row, before and after the parts are compacted', async () => {
    const aws = await startAws();
    const images = 200;
    const outcome = await runScenario(
      {
        ...{ name: 'clocks set back', seed, images, delayMs, kills: 4, pauses: 1, rates: { 'repeated message': 0.2 } },
        environment: { ...clockSetBack, CLOCK_AFTER_MS: '4000' },
      },
      { aws, model },
    );
    console.info(chaosTable([outcome]));
    const { missing, duplicated, wrong, rows, deadLetters, status, store } = outcome;
    expect({ missing, duplicated, wrong, rows }).toEqual({ missing: [], duplicated: [], wrong: [], rows: images });
    expect({ unused: outcome.unused, proxyErrors: outcome.proxyErrors }).toEqual({ unused: [], proxyErrors: [] });
    expect({ kills: outcome.kills, pauses: outcome.pauses }).toEqual({ kills: 4, pauses: 1 });
    const sound = outcome.images.filter(({ reason }) => reason === undefined).length;
    expect(outcome.unfinished.length, outcome.unfinished.join('\n')).toBeLessThanOrEqual(images / 50);
    expect(outcome.classified).toBeGreaterThanOrEqual(sound - outcome.unfinished.length);
    expect(deadLetters.withoutRow).toBe(0);
    expect(status).toEqual({ total: images, images, pending: 0 });
    const compacted = await runCommand(['compact', '--store', store, '--endpoint', aws.endpoint, '--json']);
    expect(compacted.code, compacted.stderr).toBe(0);
    const sql = 'select count(*)::int as rows, count(distinct key)::int as keys from results';
    expect(await queryResults(store, sql, aws.endpoint)).toEqual([{ rows: images, keys: images }]);
  });

  it('run: the summary has a positive duration, and another run has nothing left to do', async () => {
    const folder = temporaryFolder();
    await writeImages(join(folder, 'drop'), 600);
    const store = join(folder, 'store');
    const args = ['run', join(folder, 'drop'), '--model', model, '--store', store, '--json'];
    const first = startCommand(args, clockSetBack);
    await eventually(async () => expect(await hasParts(store)).toBe(true), { interval: 5 });
    first.kill('SIGUSR2');
    const { code, stdout, stderr } = await first.finished;
    expect(code, stderr).toBe(0);
    expect(summarySchema.parse(JSON.parse(stdout))).toMatchObject({ total: 600, done: 0, pending: 0 });
    // The clock is right again.
    const again = await inceptionBatch(args);
    expect(summarySchema.parse(JSON.parse(again.stdout))).toMatchObject({ total: 600, done: 600, pending: 0 });
    const sql = 'select count(*)::int as rows, count(distinct key)::int as keys from results';
    expect(await queryResults(store, sql)).toEqual([{ rows: 600, keys: 600 }]);
  });
});
