import { Failure } from '../failures/failure.ts';
import type { UploadMessage } from './upload-message.ts';

/** The failure of a message with invalid records; undefined if all are valid. It names the first and counts the others. */
export function invalidRecordsFailure({ invalidRecords }: UploadMessage): Failure | undefined {
  const [first, ...others] = invalidRecords;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more invalid)`;
  return new Failure('invalid_event', first + more);
}
