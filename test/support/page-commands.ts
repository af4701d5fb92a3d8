import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { atEnd } from './at-end.ts';
import { launcher, repository } from './cli.ts';

/** A fenced block of a page, such as one of `sh`. */
export interface PageBlock {
  readonly language: string;
  readonly code: string;
  /** The last heading before the block. */
  readonly heading: string;
}

/** The fenced blocks of a Markdown page, in order. */
export function pageBlocks(markdown: string): PageBlock[] {
  const blocks: PageBlock[] = [];
  let heading = '';
  for (const [, title, language = '', code = ''] of markdown.matchAll(/^(?:#+ (.+)|```(\w+)\n([\s\S]*?)\n```)$/gm)) {
    if (title === undefined) blocks.push({ language, code, heading });
    else heading = title;
  }
  return blocks;
}

/** The blocks of one language of a page of the repository, such as `docs/try-locally.md`. */
export async function blocksOf(page: string, language: string): Promise<PageBlock[]> {
  const markdown = await readFile(join(repository, page), 'utf8');
  return pageBlocks(markdown).filter((block) => block.language === language);
}

/** What a block printed. */
export interface BlockOutput extends PageBlock {
  readonly output: string;
}

/**
 * Pastes blocks one after another into one shell, as a reader of the page does, and stops at the first command that fails.
 * `npx` runs the command of this repository and its installed packages, without npm.
 * @param folder where the shell starts
 * @returns the output of every block: stdout and stderr as on a terminal
 * @throws an error with the output of the block that failed
 */
export async function pasteBlocks(
  blocks: readonly PageBlock[],
  folder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<BlockOutput[]> {
  const bin = await npxFolder(folder);
  return pasteInShell(blocks, folder, { ...env, PATH: `${bin}:${process.env['PATH']}` });
}

/** The same with the `npx` of the environment. */
export async function pasteInShell<Block extends PageBlock>(
  blocks: readonly Block[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<(Block & BlockOutput)[]> {
  const separator = '\u0001';
  const script = blocks.map(({ code }) => `printf '${separator}'\n${code}\n`).join('');
  const shell = spawn('bash', ['-e', '-o', 'pipefail', '-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  // The shell may leave a server in the background.
  atEnd(async () => {
    if (shell.pid !== undefined) endGroup(shell.pid);
  });
  const [printed, code] = await Promise.all([
    text(shell.stdout),
    new Promise<number | null>((resolve) => shell.on('exit', resolve)),
  ]);
  const outputs = printed.split(separator).slice(1);
  if (code !== 0)
    throw new Error(`exit code ${code} of the block\n${blocks[outputs.length - 1]?.code}\n${outputs.at(-1)}`);
  return blocks.map((block, index) => ({ ...block, output: outputs[index] ?? '' }));
}

async function npxFolder(folder: string): Promise<string> {
  const bin = join(folder, '.npx-stand-in');
  const packages = join(repository, 'node_modules/.bin');
  await mkdir(bin, { recursive: true });
  const npx = `#!/bin/sh
[ "$1" = --yes ] && shift
name=$1; shift
[ "$name" = inception-batch ] && exec '${process.execPath}' '${launcher}' "$@"
exec '${process.execPath}' '${packages}'/"$name" "$@"
`;
  await writeFile(join(bin, 'npx'), npx);
  await chmod(join(bin, 'npx'), 0o755);
  return bin;
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // every process of the group has ended
  }
}
