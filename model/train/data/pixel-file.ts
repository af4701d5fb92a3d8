import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { ImageSize, PixelStore } from './pixel-store.ts';

/** Decoded images in an unlinked file, which disappears with the process even after a crash. */
export interface PixelFile {
  write(index: number, pixels: Uint8Array): void;
  /** The first `count` written images. */
  store(count: number): PixelStore;
  close(): void;
}

/** @throws {UserError} when the folder is not writable or the disk is full */
export async function openPixelFile(folder: string, size: ImageSize, count: number): Promise<PixelFile> {
  const { height, width, channels } = size;
  const bytes = height * width * channels;
  const path = join(folder, `.pixels-${process.pid}`);
  const failed = (cause: unknown) =>
    new UserError(`the decoded images need ${megabytes(bytes * count)} in ${folder}: ${firstIssue(cause)}`, { cause });
  let file: number;
  try {
    await mkdir(folder, { recursive: true });
    file = openSync(path, 'w+');
    rmSync(path);
  } catch (cause) {
    throw failed(cause);
  }
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write(index, pixels) {
      // After closing, the file descriptor may belong to another file.
      if (!isOpen) return;
      try {
        let written = 0;
        while (written < bytes) written += writeSync(file, pixels, written, bytes - written, index * bytes + written);
      } catch (cause) {
        throw failed(cause);
      }
    },
    store: (stored) => ({
      count: stored,
      height,
      width,
      channels,
      copyTo(index, target, offset) {
        let read = 0;
        while (read < bytes) {
          const received = readSync(file, target, offset + read, bytes - read, index * bytes + read);
          if (received === 0) throw new RangeError(`image ${index} is not among ${stored} images`);
          read += received;
        }
      },
      async close() {
        close();
      },
    }),
    close,
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
