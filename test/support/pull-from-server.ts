import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { PublishedFile } from '../../model/pull/published-file.ts';
import { type PullOptions, pullFile } from '../../model/pull/pull-file.ts';
import { httpAnswers } from './http-answers.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A file that a server publishes. */
export const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 251));
export const half = content.length / 2;
const timeouts = { answerMs: 600, idleMs: 600, slow: { ms: 60_000, bytes: 60_000 } };

export const formOf = (bytes: Buffer) => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});
/** The beginning of the file, as an interrupted download leaves it. */
export const part = `net.onnx.${formOf(content).sha256.slice(0, 12)}.part`;

export function fileAt(...urls: string[]): PublishedFile {
  return { file: 'net.onnx', ...formOf(content), urls };
}

/** Serves the file or the requested range, as object stores do, and records the ranges. */
export function fileServer(body: Buffer = content) {
  const ranges: (string | undefined)[] = [];
  const serve: Answer = ({ headers }, response) => {
    const { range } = headers;
    ranges.push(range);
    const start = range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    if (range !== undefined) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${start}-${body.length - 1}/${body.length}`);
    }
    response.setHeader('content-length', body.length - start).end(body.subarray(start));
  };
  return { ranges, serve };
}

export async function serving(answer: Answer): Promise<string> {
  return `${await httpAnswers((request, _, response) => answer(request, response))}/net.onnx`;
}

/** Sends half of the file, then does something else. */
export const halfWay = (stop: (response: ServerResponse) => void) =>
  serving((_, response) => {
    response.setHeader('content-length', content.length).write(content.subarray(0, half), () => stop(response));
  });

/** Pulls with short timeouts. */
export async function pull(file: PublishedFile, options: Partial<PullOptions> = {}) {
  const folder = options.folder ?? temporaryFolder();
  return { ...(await pullFile(file, { timeouts, ...options, folder })), folder };
}

export async function folderWith(name: string, bytes: Uint8Array): Promise<string> {
  const folder = temporaryFolder();
  await writeFile(join(folder, name), bytes);
  return folder;
}
