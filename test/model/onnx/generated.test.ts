import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repository } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('onnx_pb.ts is what onnx.proto generates', async () => {
  const folder = temporaryFolder();
  // The generator is 130 MB and rarely needed: npm fetches it for this command.
  await promisify(execFile)('npm', ['run', 'generate:onnx', '--', '--output', folder], { cwd: repository });
  const generated = await readFile(join(folder, 'onnx_pb.ts'), 'utf8');
  expect(generated).toBe(await readFile(join(repository, 'model/onnx/onnx_pb.ts'), 'utf8'));
});
