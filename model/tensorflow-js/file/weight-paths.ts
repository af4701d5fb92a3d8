import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { UserError } from '../../../shared/failures/user-error.ts';

/**
 * The file of a path in `weightsManifest`: relative, with `/`, inside the folder of the model. Modules are tried for
 * weights that a package stores as JavaScript: `group1-shard1of1.min.js` for `group1-shard1of1`.
 * @throws {UserError} if the path is absolute, leaves the folder, directly or by a link, or no file is there
 */
export async function weightFile(folder: string, path: string, file: string): Promise<string> {
  const names = path.split('/');
  if (/^[/\\]|^[A-Za-z][\w+.-]*:|[\\\0]/.test(path) || names.some((name) => name === '..' || name === '')) {
    throw new UserError(`${file} names the weights ${path}: only files inside its own folder are read`);
  }
  const root = await realpath(folder);
  for (const suffix of ['', '.min.js', '.js']) {
    const target = await realpath(join(root, ...names) + suffix).catch(missingFile);
    if (target === undefined) continue;
    if (target.startsWith(root + sep)) return target;
    throw new UserError(
      `${file} names the weights ${path}, a link to another folder: only files inside its folder are read`,
    );
  }
  // The shards of a package are modules like its model.
  const [suffix = ''] = /(\.min)?\.js$/.exec(file) ?? [];
  const name = path.endsWith(suffix) ? path : path + suffix;
  throw new UserError(`${file} names the weights ${path}, which are missing: put ${name} into ${folder}`);
}

function missingFile(cause: unknown): undefined {
  if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
    return undefined;
  throw cause;
}
