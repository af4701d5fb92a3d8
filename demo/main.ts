/** `npm run demo`: runs the included model on the included samples. */
import { join } from 'node:path';
import { UserError } from '../shared/failures/user-error.ts';
import { runDemo } from './run-demo.ts';

const fashion = join(import.meta.dirname, 'fashion-mnist');

try {
  const isComplete = await runDemo({
    samples: join(fashion, 'samples'),
    model: join(fashion, 'model'),
    folder: join(import.meta.dirname, '..', '.cache', 'demo'),
  });
  if (!isComplete) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
