import { UserError } from '../../shared/failures/user-error.ts';
import type { PublishedFile } from './published-file.ts';

/** No address has the file. The user can save it by hand. */
export class MissingFile extends UserError {
  /** Where the file is expected. */
  readonly path: string;
  /** An address to download it from by hand. */
  readonly url: string | undefined;
  /** Why, per address. */
  readonly failures: readonly string[];

  constructor({ file, urls }: PublishedFile, path: string, failures: readonly string[]) {
    super(`${file} could not be downloaded (${failures.join('; ')}): download it elsewhere and save it as ${path}`);
    this.path = path;
    this.url = urls[0];
    this.failures = failures;
  }
}
