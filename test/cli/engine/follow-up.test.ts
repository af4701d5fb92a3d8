import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { awsOf, followUp } from '../../../cli/engine/follow-up.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** The words that a shell passes to the command. */
function pasted(command: string): string[] {
  const bin = join(folder, 'paste');
  mkdirSync(bin, { recursive: true });
  const npx = join(bin, 'npx');
  writeFileSync(npx, '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done\n');
  chmodSync(npx, 0o755);
  const output = execFileSync('sh', ['-c', command], { env: { PATH: `${bin}:/usr/bin:/bin` }, encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

describe('a follow-up command', () => {
  it('carries the options of the command that prints it', () => {
    const options = { store: 's3://results', job: 'a b', watch: true, dryRun: false };
    const aws = { endpoint: 'http://127.0.0.1:4566', region: 'eu-west-1', answerTimeout: 300 };
    expect(followUp('status', { ...options, ...awsOf(aws, options.store) })).toBe(
      "npx inception-batch status --store s3://results --job 'a b' --watch --endpoint http://127.0.0.1:4566 --region eu-west-1",
    );
  });

  it('has no option that was not given', () => {
    expect(followUp('results', { store: 'store', ...awsOf({}, 's3://a') })).toBe(
      'npx inception-batch results --store store',
    );
  });

  it('says how S3 is reached only if it reads from a bucket', () => {
    const aws = { endpoint: 'http://127.0.0.1:4566', region: 'eu-west-1' };
    expect(awsOf(aws, 'inception-store', './photos')).toEqual({});
    expect(awsOf(aws, 'inception-store', 's3://drop/photos')).toEqual(aws);
  });

  it('is read by a shell word for word', () => {
    const store = "it's $HOME; `date`";
    const command = followUp('failures retry', { store, job: '-x', deadLetters: ['http://a/b?c&d', '*'] }, [
      'grün *.jpg',
    ]);
    expect(pasted(command)).toEqual([
      ...['inception-batch', 'failures', 'retry', 'grün *.jpg', '--store', store, '--job=-x'],
      ...['--dead-letters', 'http://a/b?c&d', '--dead-letters', '*'],
    ]);
  });

  it('has arguments that look like options after the options', () => {
    expect(pasted(followUp('similar', { store: 's' }, ['--odd.jpg']))).toEqual([
      'inception-batch',
      'similar',
      '--store',
      's',
      '--',
      '--odd.jpg',
    ]);
  });
});

describe('the name of the program', () => {
  const script = join(folder, 'cli.js');
  const linked = (bin: string): string => {
    mkdirSync(join(folder, bin), { recursive: true });
    symlinkSync(script, join(folder, bin, 'inception-batch'));
    return join(folder, bin);
  };
  writeFileSync(script, '');

  it('is short if the command was installed globally', () => {
    const bin = linked('global');
    expect(programName(join(bin, 'inception-batch'), `/usr/bin:${bin}`)).toBe('inception-batch');
  });

  it('has npx in a checkout, a project and npx itself, whose folder npm adds to the path', () => {
    const bin = linked('node_modules/.bin');
    expect(programName(join(bin, 'inception-batch'), `/usr/bin:${bin}`)).toBe('npx inception-batch');
  });

  it('has npx if the global command is another one', () => {
    const bin = join(folder, 'other');
    mkdirSync(bin);
    writeFileSync(join(bin, 'inception-batch'), '');
    expect(programName(script, bin)).toBe('npx inception-batch');
  });

  it('has npx if nothing is known of the process', () => {
    expect(programName(undefined, '')).toBe('npx inception-batch');
  });
});
