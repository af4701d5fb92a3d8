import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, traceSources } from '../../../../lambdas/classify/image/trace-sources.ts';
import { repository } from '../../../support/cli.ts';
import { testFolder } from '../../../support/test-folder.ts';

describe('importsOf', () => {
  it.each<[string, string, string[]]>([
    ['a value', "import { a } from './a.ts';", ['./a.ts']],
    ['a value over several lines', "import {\n  type A,\n  b,\n} from './a.ts';", ['./a.ts']],
    ['a value beside the type of the same file', "import { type A, b } from './a.ts';", ['./a.ts']],
    ['a default and a namespace', "import a from 'a';\nimport * as b from 'b';", ['a', 'b']],
    ['an export from elsewhere', "export { a } from './a.ts';\nexport * from './b.ts';", ['./a.ts', './b.ts']],
    ['a file for its effects', "import './a.ts';", ['./a.ts']],
    ['a file when it is needed', "const a = await import('./a.ts');", ['./a.ts']],
    ['a thread', "new Worker(new URL('./thread.ts', import.meta.url));", ['./thread.ts']],
    [
      'a thread with the extension of this file',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template in the source that is read
      'new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url));',
      ['./thread.ts'],
    ],
    ['nothing for types', "import type { A } from './a.ts';\nexport type { B } from './b.ts';", []],
    ['nothing for what it exports itself', "export const from = 'here';\nexport function a() { return 'b'; }", []],
  ])('finds %s', (_, source, expected) => {
    expect(importsOf(source, 'x.ts')).toEqual(expected);
  });

  it.each([
    'const a = await import(name);',
    'const here = import.meta.dirname;',
    "const a = createRequire('/')('a');",
    'new Worker(new URL(name, import.meta.url));',
  ])('refuses to guess what %s loads', (source) => {
    expect(() => importsOf(source, 'x.ts')).toThrow(/^x\.ts loads something in a way that is not known here: /);
  });
});

describe('traceSources', () => {
  it('follows what is imported, in a circle too, and names packages by what npm installs', async () => {
    const folder = await testFolder();
    const sources = {
      'main.ts': "import { b } from './lib/b.ts';\nimport '@scope/name/path';\nimport 'name/deep';\nimport 'node:fs';",
      'lib/b.ts': "import { a } from '../main.ts';\nimport type { C } from './c.ts';\nimport 'path';",
      'lib/c.ts': '',
    };
    for (const [file, text] of Object.entries(sources)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    expect(traceSources(folder, ['main.ts'])).toEqual({
      files: new Set(['main.ts', 'lib/b.ts']),
      packages: new Set(['@scope/name', 'name']),
    });
  });

  it('finds the thread of the worker, and nothing that decodes images', () => {
    const { files, packages } = traceSources(repository, ['lambdas/classify/process/main.ts']);
    expect(files).toContain('shared/inference/session-thread.ts');
    expect(packages).toContain('onnxruntime-node');
    expect(packages).not.toContain('sharp');
  });
});
