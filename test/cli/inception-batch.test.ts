import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/cli.ts';

const launcher = join(repository, 'cli/inception-batch.js');
const line =
  /^inception-batch needs Node 24 or later, but this is Node \S+: install it from \S+, or run "npm ci" and .+ npx\n$/;

/** Runs the command in a Node that reports another version of itself. */
async function runAsNode(version: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const fake = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const args = ['--import', fake, launcher, '--version'];
  return promisify(execFile)(process.execPath, args).then(
    (output) => ({ code: 0, ...output }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** Versions and paths of older Nodes in the usual folders of this machine. */
async function oldNodes(): Promise<[string, string][]> {
  const nodes = await Promise.all(
    ['/usr/bin/node', '/usr/local/bin/node'].map(async (path): Promise<[string, string][]> => {
      const version = await promisify(execFile)(path, ['--version']).then(
        ({ stdout }) => stdout.trim(),
        () => 'v24',
      );
      return Number(/^v(\d+)/.exec(version)?.[1]) < 24 ? [[version, path]] : [];
    }),
  );
  return nodes.flat();
}

const installed = await oldNodes();

describe('the command in an old Node', () => {
  it.each(['18.20.8', '20.20.2', '22.21.1'])('prints one line that says what is needed: Node %s', async (version) => {
    const { code, stdout, stderr } = await runAsNode(version);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toContain(`this is Node ${version}:`);
  });

  it('gets as far as the check, because it imports no names that an old Node may lack', async () => {
    const source = await readFile(launcher, 'utf8');
    const imports = source.match(/^(?:import|export) .*$/gm) ?? [];
    expect(imports.length).toBeGreaterThan(0);
    for (const each of imports) expect(each).toMatch(/^import \w+ from 'node:(fs|module|os|v8)';$/);
  });

  it.each(installed)('prints the same line in the installed %s', async (_, node) => {
    const output = await promisify(execFile)(node, [launcher, 'run']).catch((error: unknown) => error);
    expect(output).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(line) });
  });
});
