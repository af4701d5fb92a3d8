import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = resolve(import.meta.dirname, '../../..');
const tools = join(root, 'node_modules/.bin');
const available = existsSync(join(tools, 'buf')) && existsSync(join(tools, 'protoc-gen-es'));
if (!available) console.warn('skipped: onnx_pb.ts against onnx.proto: buf is not installed');

it.skipIf(!available)('onnx_pb.ts is what onnx.proto generates', async () => {
  const folder = temporaryFolder();
  const { PATH = '' } = process.env;
  await promisify(execFile)(join(tools, 'buf'), ['generate', '--output', folder], {
    cwd: join(root, 'model/onnx'),
    env: { ...process.env, PATH: `${tools}${delimiter}${PATH}` },
  });
  const generated = await readFile(join(folder, 'onnx_pb.ts'), 'utf8');
  expect(generated).toBe(await readFile(join(root, 'model/onnx/onnx_pb.ts'), 'utf8'));
});
