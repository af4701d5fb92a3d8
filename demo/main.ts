/** `npm run demo`: the samples through the whole pipeline, by the model that comes with the project. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../shared/failures/user-error.ts';
import { runDemo } from './run-demo.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  const isWhole = await runDemo({
    samples: join(root, 'demo', 'fashion-mnist', 'samples'),
    model: join(root, 'demo', 'fashion-mnist', 'model'),
    folder: join(root, '.cache', 'demo'),
  });
  if (!isWhole) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
