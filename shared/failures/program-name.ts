import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const name = 'inception-batch';

/**
 * How the user starts the command: `inception-batch` if a shell finds the running one by its name, else
 * `npx inception-batch`. Folders that npm adds to the path of its children are not searched: the user's shell lacks them.
 * @param script the file that runs, @default that of this process
 */
export function programName(
  script: string | undefined = process.argv[1],
  path: string = process.env['PATH'] ?? '',
): string {
  const running = realPath(script);
  const folders = path
    .split(delimiter)
    .filter((folder) => folder !== '' && !/[/\\]node_modules[/\\]\.bin$/.test(folder));
  const isFound = running !== undefined && folders.some((folder) => realPath(join(folder, name)) === running);
  return isFound ? name : `npx ${name}`;
}

function realPath(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : realpathSync(path);
  } catch {
    return undefined; // most folders of a path do not contain the command
  }
}
