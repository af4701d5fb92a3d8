import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defaultSettings, settingsSchema } from '../../infra/settings.ts';
import { readStage, stageFileSchema } from '../../infra/stage-file.ts';
import { stageSchema, stageSchemaFile } from '../../infra/stage-schema.ts';
import { repository } from '../support/cli.ts';

const defaults = new Map<string, unknown>(Object.entries(defaultSettings));
const { properties = {} } = z.toJSONSchema(stageFileSchema, { io: 'input' });
/** The numbers that limit a setting. */
const limitsOf = (name: string) => {
  const { minimum, maximum } = z
    .looseObject({ minimum: z.number(), maximum: z.number() })
    .partial()
    .parse(properties[name] ?? {});
  return [minimum, maximum].filter((limit) => limit !== undefined);
};
const withoutCommas = (text: string) => text.replaceAll(/(\d),(?=\d{3})/g, '$1');

describe('docs/deploy.md', () => {
  const page = readFileSync(join(repository, 'docs/deploy.md'), 'utf8');
  const section = page.slice(page.indexOf('\n## Settings'), page.indexOf('\n## Resources'));
  const rows = new Map(
    [...section.matchAll(/^\| `(\w+)` +\| (.+?) +\| (.+?) +\|$/gm)].map(([, name = '', meaning = '', value = '']) => [
      name,
      { meaning: withoutCommas(meaning), value },
    ]),
  );

  it('explains every setting of a stage file, and no other', () => {
    expect([...rows.keys()].toSorted()).toEqual(
      Object.keys(properties)
        .filter((name) => name !== '$schema')
        .toSorted(),
    );
  });

  it.each([...rows.keys()])('states the default and the limits of %s', (name) => {
    const { meaning = '', value = '' } = rows.get(name) ?? {};
    const fallback = defaults.get(name);
    const text = typeof fallback === 'object' ? JSON.stringify(fallback).replaceAll(',', ', ') : String(fallback);
    if (fallback !== undefined) expect(value.replaceAll('`', '').split(', with')[0]).toBe(text);
    for (const limit of limitsOf(name)) expect(meaning).toContain(String(limit));
  });

  it('shows a stage file that the schema accepts', () => {
    const [, example = ''] = page.match(/```json\n([^`]+)```/) ?? [];
    expect(stageFileSchema.safeParse(JSON.parse(example)).success).toBe(true);
  });
});

describe('the props of the construct', () => {
  const source = readFileSync(join(repository, 'infra/inception-batch-props.ts'), 'utf8');
  const declared = new Map(
    [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly (\w+)\?: /g)].map(([, text = '', name = '']) => [
      name,
      withoutCommas(text),
    ]),
  );

  it('are all settings, and objects of the CDK', () => {
    const objects = ['alarmTopic', 'dropBucket', 'vpc', 'vpcSubnets'];
    expect([...declared.keys()].toSorted()).toEqual([...Object.keys(settingsSchema.shape), ...objects].toSorted());
  });

  it.each([...declared.keys()])('state the default and the limits of %s', (name) => {
    const text = declared.get(name) ?? '';
    const [, value = ''] = text.match(/@default (.+)/) ?? [];
    expect(value).not.toBe('');
    const fallback = defaults.get(name);
    const literal = JSON.stringify(fallback)?.replaceAll('"', "'").replaceAll(',', ', ');
    if (literal !== undefined) expect(value.split(/,? (with|-) /)[0]).toBe(literal);
    for (const limit of limitsOf(name)) expect(text).toContain(String(limit));
  });
});

describe('the files of stages', () => {
  it('name a schema that is up to date', () => {
    // node infra/stage-schema.ts writes it.
    expect(JSON.parse(readFileSync(join(repository, stageSchemaFile), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(stageSchema())),
    );
  });

  it('are valid', () => {
    const stage = readStage('dev', join(repository, 'infra/stages'));
    expect(stage.settings).toMatchObject({ stage: 'dev', classifier: 'lambda', production: false });
  });
});
