import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { makeHalfModel } from '../../../model/quantize/make-half-model.ts';
import { makeTinyModel } from '../../support/make-tiny-model.ts';
import { writePhotos } from '../../support/photos.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { benchmark } from './benchmark.ts';

async function inputs(): Promise<string[]> {
  const folder = temporaryFolder();
  await writePhotos(join(folder, 'photos'), 5);
  return ['--photos', join(folder, 'photos'), '--model', await makeTinyModel({ channels: 8 }), '--threads', '2'];
}

/** A program that prints what nvidia-smi does for a card. */
function cardInPath(): { PATH: string } {
  const folder = temporaryFolder();
  const script = [
    'case "$*" in',
    '*--loop-ms*) while sleep 0.02; do echo "75, 1024, 61.50" || exit; done;;',
    '*--query*) echo "Tesla T4, 580.95.05, 15360";;',
    '*) echo "| NVIDIA-SMI 580.95.05    Driver Version: 580.95.05    CUDA Version: 13.0 |";;',
    'esac',
  ];
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script.join('\n')}\n`);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
  return { PATH: `${folder}${delimiter}${process.env['PATH']}` };
}

const jsonSchema = z.object({
  device: z.object({ name: z.string(), cuda: z.string() }),
  checks: z.array(z.object({ provider: z.string(), reason: z.string().optional() })),
  end: z.string(),
  runs: z.array(
    z.object({
      provider: z.string(),
      precision: z.string(),
      findings: z.array(z.looseObject({ kind: z.string() })),
    }),
  ),
});

it('every part is measured, here on the CPU, and what is missing is named with what to do', async () => {
  const json = join(temporaryFolder(), 'report.json');
  const options = ['--providers', 'cpu,cuda', '--images', '3', '--seconds', '0.2', '--minutes', '2', '--json', json];
  const { stdout, stderr, code } = await benchmark([...(await inputs()), ...options], cardInPath());
  expect(code, `${stdout}${stderr}`).toBe(1); // no accelerator was measured
  expect(stdout).toContain('Tesla T4, 15360 MiB, driver 580.95.05, CUDA up to 13.0');
  expect(stdout).toMatch(/^cuda +not available: \S.*\n {10}\S/m);
  expect(stdout).toMatch(/^cpu +float +3 +100.0 % +0.0e\+0 +1.00000 +100.0 % /m);
  expect(stdout).toMatch(/^cpu +float +8 +[\d.]+ +1.00 +[\d.]+ +[\d.]+ +75.0 % +1024 +(61|62) /m);
  expect(stdout).toMatch(/^cpu +float +8 +\d+ +[\d.]+ +[\d.]+ % +75.0 % +1024 +(61|62) +cores$/m);
  expect(stdout).toMatch(/^cpu int8: the ranges were measured in another network.*; give --int8 DIR/m);
  const { device, checks, runs, end } = jsonSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  expect(device.name).toBe('Tesla T4');
  expect(checks).toEqual([{ provider: 'cpu' }, { provider: 'cuda', reason: expect.any(String) }]);
  expect(end).toBe('finished');
  expect(runs.map(({ provider, precision }) => `${provider} ${precision}`)).toEqual(['cpu float', 'cpu int8']);
  expect(runs[0]?.findings.map(({ kind }) => kind)).toEqual(['opened', 'parity', 'rate', 'pipeline', 'done']);
});

it('an interrupted command prints what it has found', async () => {
  const options = ['--providers', 'cpu', '--precisions', 'float', '--seconds', '60', '--minutes', '5'];
  const { stdout, code } = await benchmark([...(await inputs()), ...options], {}, (child) => {
    // Sent once the first result is known: the rate would take a minute.
    child.stderr?.on('data', (text: string) => {
      if (text.includes('with the label of the CPU')) child.kill('SIGINT');
    });
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^cpu +float +5 +100.0 %/m);
  expect(stdout).toMatch(/^cpu float: interrupted$/m);
  expect(stdout).toMatch(/^interrupted after [\d.]+ of 5 minutes$/m);
});

it('a rate for which there is no time is left out', async () => {
  const options = ['--providers', 'cpu', '--precisions', 'float', '--seconds', '60', '--minutes', '0.2'];
  const { stdout } = await benchmark([...(await inputs()), ...options]);
  // On a busy machine there is not even time to open the network.
  expect(stdout).toMatch(
    /^cpu float: (batch 8 skipped: may take 60 s, .* left|its share of the time is over); give more --minutes$/m,
  );
  expect(stdout).not.toContain('The network alone');
});

it('a report that cannot be written is refused before anything is measured', async () => {
  const { code, stdout, stderr } = await benchmark(['--json', '/nowhere/report.json']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    'bench:accelerator: --json /nowhere/report.json cannot be written (ENOENT): give a file in an existing folder\n',
  );
});

it('a model that is missing is refused in one line', async () => {
  const { code, stderr } = await benchmark(['--model', '/nowhere']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bench:accelerator: no model in \/nowhere: .*\n$/);
});

it('a model that is not float is refused, because the others are compared with it', async () => {
  const half = join(temporaryFolder(), 'half');
  await makeHalfModel({ source: await makeTinyModel(), out: half, images: 0 });
  const { code, stderr } = await benchmark(['--model', half, '--providers', 'cpu', '--minutes', '1']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bench:accelerator: tiny-fp16@\w+ is a half-precision model: give the float model .*\n$/);
});
