import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runApp } from './run-app.ts';
import { findingsOf, model, synthesize, variants } from './synthesize.ts';

describe('without an account and without a container engine', () => {
  it.each(Object.entries(variants))('a pipeline %s is synthesized without a finding', (_, settings) => {
    expect(findingsOf(settings)).toEqual([]);
  });

  it.each(['my photos/', 'photos (2019)/', 'ümläute/'])('the prefix %s causes no finding', (dropPrefix) => {
    expect(findingsOf({ model, classifier: 'lambda', dropPrefix })).toEqual([]);
  });

  it('a wrong setting fails in one line', async () => {
    const { code, stderr } = await runApp(join(temporaryFolder(), 'out'), { workers: 3 });
    expect(stderr).toMatch(
      /^inception-batch: wrong settings in infra.stages.dev.json: workers is not a setting: [^\n]+\n$/,
    );
    expect(code).toBe(1);
  });

  it('packages that cannot be installed are one line after the messages of npm', async () => {
    const environment = {
      npm_config_registry: 'http://127.0.0.1:1/',
      npm_config_cache: temporaryFolder(),
      npm_config_fetch_retries: '0',
    };
    const context = { 'aws:cdk:bundling-stacks': ['**'] };
    const out = join(temporaryFolder(), 'out');
    const { code, stderr } = await runApp(out, { classifier: 'lambda' }, { context, environment });
    expect(stderr).toMatch(
      /\ninception-batch: npm \w+ failed, for the reason above: packing installs packages from npm's registry\n$/,
    );
    expect(stderr).not.toMatch(/\n +at /);
    expect(code).toBe(1);
  });

  it('a missing model fails in one line', () => {
    expect(() => synthesize({ model: '/no/such/model' })).toThrow(
      /^wrong settings: model "\/no\/such\/model" is not a model directory: [^\n]+ is missing$/,
    );
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'manifest.json'));
    expect(() => synthesize({ model: folder })).toThrow(/is not a model directory: \S+manifest.json is missing$/);
  });

  it('a manifest may begin with a byte order mark', () => {
    const folder = temporaryFolder();
    cpSync(model, folder, { recursive: true });
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, `\uFEFF${readFileSync(manifest, 'utf8')}`);
    expect(() => synthesize({ model: folder })).not.toThrow();
  });
});
