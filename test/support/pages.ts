import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './cli.ts';

const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'];
const { stdout } = await promisify(execFile)('git', list, { cwd: repository });

/** The Markdown files of the repository. */
export const pages = stdout.split('\0').filter((name) => name !== '' && existsSync(join(repository, name)));
