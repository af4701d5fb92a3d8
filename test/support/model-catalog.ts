import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelOf } from '../../model/graph/graph.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import { httpAnswers } from './http-answers.ts';
import { publishedNetwork } from './published-network.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A small network in the form of the model zoo's GoogLeNet, and its label file. */
export const publishedFiles = {
  network: Buffer.from(encodeModel(modelOf(publishedNetwork()))),
  labels: Buffer.from('n01 tench, Tinca tinca\nn02 goldfish\nn03 crane\nn04 maillot, tank suit\n'),
};

/** A server of published files, which counts its requests. */
export interface FileServer {
  readonly url: string;
  /** Paths of the requests so far. */
  readonly requests: readonly string[];
}

/** Serves files by their names; other names are answered with 404. It ends with the test. */
export async function serveFiles(files: Readonly<Record<string, Buffer>>): Promise<FileServer> {
  const requests: string[] = [];
  const url = await httpAnswers(({ url: path = '' }, _, response) => {
    requests.push(path);
    const body = files[path.slice(1)];
    if (body === undefined) response.writeHead(404).end('not found');
    else response.setHeader('content-length', body.length).end(body);
  });
  return { url, requests };
}

/** A file of a catalog in JSON. */
export function catalogFile(file: string, bytes: Buffer, ...urls: string[]) {
  return { file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), urls };
}

/** The entry `googlenet` of a catalog in JSON, with the published files at these addresses. */
export function catalogEntry(...hosts: string[]) {
  const { network, labels } = publishedFiles;
  return {
    kind: 'import',
    preset: 'bvlc',
    network: catalogFile('net.onnx', network, ...hosts.map((host) => `${host}/net.onnx`)),
    labels: catalogFile('labels.txt', labels, ...hosts.map((host) => `${host}/labels.txt`)),
  };
}

/** Writes a catalog whose only models are these. @returns its path */
export async function writeCatalog(models: Readonly<Record<string, unknown>>): Promise<string> {
  const path = join(temporaryFolder(), 'catalog.json');
  await writeFile(path, JSON.stringify({ formatVersion: 1, models }));
  return path;
}

/** A catalog with `googlenet`, its server, and an empty cache folder: the environment of a user. */
export async function userWithCatalog() {
  const { network, labels } = publishedFiles;
  const server = await serveFiles({ 'net.onnx': network, 'labels.txt': labels });
  const cache = temporaryFolder();
  const environment = {
    INCEPTION_CATALOG: await writeCatalog({ googlenet: catalogEntry(server.url) }),
    XDG_CACHE_HOME: cache,
  };
  return { server, cache: join(cache, 'inception-batch'), environment };
}
