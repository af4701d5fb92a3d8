import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildModel } from '../../model/networks/build-model.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { jsonLines } from '../support/cli.ts';
import { writePhotos } from '../support/photos.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const reportSchema = z.object({
  layers: z.number(),
  layersChosen: z.boolean(),
  embeddingSize: z.number(),
  stored: z.number(),
  crossValidation: z.object({ folds: z.array(z.object({ embeddingSize: z.number() })) }),
});

describe('the layers that own labels are learned from', () => {
  const folder = temporaryFolder();
  const photos = join(folder, 'photos');
  const store = join(folder, 'store');
  const inception = join(folder, 'inception');
  let size: number;

  beforeAll(async () => {
    const { manifest } = await buildModel({ network: 'compact-inception', width: 0.25, out: inception });
    size = manifest.outputs.embeddingSize;
    for (const label of ['cat', 'dog']) await writePhotos(join(photos, label), 6);
    await commandOutput(['run', photos, '--model', inception, '--store', store]);
  });

  async function finetune(name: string, ...more: readonly string[]) {
    const args = ['model', 'finetune', inception, '--labels', photos, '--out', join(folder, name), '--json', ...more];
    return reportSchema.parse(JSON.parse(await commandOutput(args)));
  }
  async function classifiedBy(name: string): Promise<number> {
    const lines = jsonLines(await commandOutput(['classify', photos, '--model', join(folder, name), '--json']));
    return lines.filter((line) => z.object({ label: z.enum(['cat', 'dog']) }).safeParse(line).success).length;
  }
  const relabel = (name: string) => ['results', 'relabel', '--model', join(folder, name), '--store', store];

  it('can be given; their means become the embedding of the new model, which cannot relabel rows', async () => {
    const report = await finetune('two', '--layers', '2', '--views', '1');
    expect(report).toMatchObject({ layers: 2, layersChosen: false });
    expect(report.embeddingSize).toBeGreaterThan(size);
    expect((await loadModel(join(folder, 'two'))).manifest.outputs.embeddingSize).toBe(report.embeddingSize);
    expect(await classifiedBy('two')).toBe(12);
    expect(await failureOf(relabel('two'))).toMatch(/no rows of compact-inception@.*: .*--layers 1 makes a model/);
  });

  it('are one or three, chosen by cross-validation, if no results are given', async () => {
    const report = await finetune('chosen', '--views', '1');
    const { manifest } = await loadModel(join(folder, 'chosen'));
    expect(report).toMatchObject({ layersChosen: true, embeddingSize: manifest.outputs.embeddingSize });
    expect(report.layers).toBe(report.embeddingSize === size ? 1 : 3);
    const { folds } = report.crossValidation;
    expect(folds.every(({ embeddingSize }) => embeddingSize >= size)).toBe(true);
    expect(await classifiedBy('chosen')).toBe(12);
  });

  it('are the last one with stored embeddings, and rows can be relabeled', async () => {
    const report = await finetune('stored', '--store', store);
    expect(report).toMatchObject({ layers: 1, layersChosen: false, embeddingSize: size, stored: 12 });
    expect((await runCommand(relabel('stored'))).code).toBe(0);
  });

  it('are the last one of an int8 network', async () => {
    const int8 = join(folder, 'int8');
    await commandOutput(['model', 'quantize', inception, '--out', int8, '--calibrate', photos, '--force']);
    const args = ['--labels', photos, '--views', '1', '--out', join(folder, 'int8-own'), '--json'];
    const report = reportSchema.parse(JSON.parse(await commandOutput(['model', 'finetune', int8, ...args])));
    expect(report).toMatchObject({ layers: 1, layersChosen: false, embeddingSize: size });
  });
});
