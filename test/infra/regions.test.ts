import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseSettings } from '../../infra/settings.ts';
import type { StageSettings } from './run-app.ts';
import { environments } from './statements.ts';
import { model, resources, type Synthesized, synthesize } from './synthesize.ts';

const containerSchema = z.looseObject({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) });
const sourceSchema = z.object({ FunctionName: z.object({ Ref: z.string() }), BatchSize: z.number() });

/** `CROPS` and `REGIONS` of every program that has them. */
function cropVariables(made: Synthesized): unknown[] {
  const containers = resources(made, 'AWS::ECS::TaskDefinition').flatMap(({ Properties }) =>
    z.array(containerSchema).parse(Properties['ContainerDefinitions']),
  );
  const ofContainers = containers.map(({ Environment }) =>
    Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])),
  );
  return [...environments(made), ...ofContainers]
    .filter(({ CROPS }) => CROPS !== undefined)
    .map(({ CROPS, REGIONS }) => ({ CROPS, REGIONS }));
}

/** Messages per invocation of the ingest and the classify function. */
function batchSizes(settings: StageSettings): unknown {
  const sources = resources(synthesize({ model, classifier: 'lambda', ...settings }), 'AWS::Lambda::EventSourceMapping')
    .map(({ Properties }) => sourceSchema.parse(Properties))
    .map(({ FunctionName, BatchSize }) => [/^(Ingest|Classify|Jobs)/.exec(FunctionName.Ref)?.[0], BatchSize]);
  return Object.fromEntries(sources);
}

describe('a pipeline with regions', () => {
  it.each(['gpu', 'lambda'] as const)('gives their number to ingest and to the classifier %s', (classifier) => {
    const both = { CROPS: '10', REGIONS: '100' };
    expect(cropVariables(synthesize({ model, classifier, crops: 10, regions: 100 }))).toEqual([both, both]);
  });

  it('has no variable for them without the setting', () => {
    const both = { CROPS: '1', REGIONS: undefined };
    expect(cropVariables(synthesize({ model }))).toEqual([both, both]);
  });

  it('has smaller batches: the crops of ten images fill packs, and a thousand regions take a function seconds', () => {
    expect(batchSizes({})).toMatchObject({ Ingest: 100, Classify: 32 });
    expect(batchSizes({ crops: 144 })).toMatchObject({ Ingest: 100, Classify: 32 });
    expect(batchSizes({ regions: 100 })).toMatchObject({ Ingest: 10, Classify: 32 });
    expect(batchSizes({ regions: 1000 })).toMatchObject({ Ingest: 10, Classify: 4 });
  });

  it('accepts as few images per worker as a thousand regions of each need', () => {
    const regions = 1000;
    const { imagesPerWorker } = parseSettings({});
    const asMuchWork = Math.ceil(imagesPerWorker / (1 + regions));
    expect(parseSettings({ regions, imagesPerWorker: asMuchWork })).toMatchObject({ imagesPerWorker: 100 });
    expect(() => parseSettings({ regions, imagesPerWorker: 99 })).toThrow(
      'imagesPerWorker: 99 is invalid: give a whole number from 100 to 100000000',
    );
  });

  it('is refused if its crops fit in no message and must be sent inline', () => {
    expect(() => synthesize({ model, regions: 1000, transport: 'inline' })).toThrow(
      /1001 crops of 28×28 take \d+ bytes in a message, .*: use the transport packed or auto/,
    );
  });

  it.each([0, 1001, 1.5, '100'])('is refused with %j regions', (regions) => {
    expect(() => parseSettings({ regions })).toThrow(
      `wrong settings: regions: ${JSON.stringify(regions)} is invalid: give a whole number from 1 to 1000`,
    );
  });
});
