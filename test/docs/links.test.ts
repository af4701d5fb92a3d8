import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repository } from '../support/cli.ts';

const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'];
const { stdout } = await promisify(execFile)('git', list, { cwd: repository });
const pages = stdout.split('\0').filter((name) => name !== '' && existsSync(join(repository, name)));

it.each(pages)('%s links to files and headings that exist', async (page) => {
  const broken: string[] = [];
  for (const [, target = ''] of withoutCode(await textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', heading] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(repository, file))) broken.push(target);
    else if (heading !== undefined && !anchorsOf(await textOf(file)).has(heading)) broken.push(target);
  }
  expect(broken).toEqual([]);
});

function textOf(page: string): Promise<string> {
  return readFile(join(repository, page), 'utf8');
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}
