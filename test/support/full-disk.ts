import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Whether this user may mount file systems. */
export const canMount = (() => {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    console.warn('skipped: tests of full disks, which need the right to mount file systems');
    return false;
  }
})();

/** A folder on a disk of its own, with some bytes free. It is unmounted as `atEnd` says. */
export function smallDisk(freeBytes: number): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  atEnd(() => execFileSync('umount', ['--lazy', folder]));
  writeFileSync(join(folder, 'filler'), new Uint8Array(4 * 2 ** 20 - freeBytes));
  return folder;
}

/** Makes a disk read-only. */
export function makeReadOnly(folder: string): void {
  execFileSync('mount', ['-o', 'remount,ro', folder]);
}
