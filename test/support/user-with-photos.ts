import { join } from 'node:path';
import { userWithCatalog } from './model-catalog.ts';
import { writePhotos } from './photos.ts';
import { failureLine, runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type UserWithPhotos = Awaited<ReturnType<typeof userWithPhotos>>;

/** A user with a catalog, three photos, the path of a store, and the commands in this user's environment. */
export async function userWithPhotos() {
  const user = await userWithCatalog();
  const photos = join(temporaryFolder(), 'photos');
  await writePhotos(photos, 3);
  return {
    ...user,
    photos,
    store: join(temporaryFolder(), 'store'),
    command: (...args: string[]) => runCommand(args, user.environment),
    failure: (args: readonly string[], environment: NodeJS.ProcessEnv = user.environment) =>
      failureLine(args, environment),
  };
}
