import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { checksumOf } from '../../shared/stores/keys.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

/** The bytes of a part are not those that were written. */
export class DamagedPart extends UserError {
  constructor(name: string) {
    super(
      `${name} is damaged: its bytes do not match the checksum in its name; restore it, or move it out of the store`,
    );
  }
}

/** Whether bytes match the checksum in their key; true for a key without one, as in earlier versions. */
export function matchesChecksum(key: string, bytes: Uint8Array): boolean {
  const expected = checksumOf(key);
  return expected === undefined || expected === crc32(bytes);
}

/**
 * Reads a part and compares its checksum. Parquet's readers would return other values for a changed bit, such as another id.
 * @param path of the part or of a complete copy
 * @throws {DamagedPart} naming `name`; {Failure} `object_gone` if it was removed
 */
export async function checkPart({ key, name }: { key: string; name: string }, path: string): Promise<void> {
  const expected = checksumOf(key);
  if (expected === undefined) return;
  let checksum = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      const bytes: Uint8Array = chunk;
      checksum = crc32(bytes, checksum);
    }
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') throw new Failure('object_gone', `${name} was removed`, { cause });
    throw cause;
  }
  if (checksum !== expected) throw new DamagedPart(name);
}
