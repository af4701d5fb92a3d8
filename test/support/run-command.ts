import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { format } from 'node:util';
import { expect } from 'vitest';
import { z } from 'zod';
import { main } from '../../cli/main.ts';
import { type Finished, jsonLines, launcher, repository } from './cli.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));

/**
 * Runs the command in this process, which saves the start of Node and loading every module. Calls run one after another,
 * because they share the console, the exit code and the environment. Tests of signals, pipes, memory or parallel commands
 * use `inceptionBatch` of cli.ts.
 */
export function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const finished = lastCall.then(() => runHere(args, env));
  lastCall = finished.catch(() => {});
  return finished;
}

/** Stdout of a command that succeeds. @throws an error with its stderr otherwise */
export async function commandOutput(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args);
  if (code === 0) return stdout;
  throw new Error(stderr.trimEnd());
}

/**
 * The one line in which a command explains why it fails, without the name of the command.
 * @param exitCode 2 if the command line alone is invalid
 */
export async function failureOf(args: readonly string[], exitCode: 1 | 2 = 1): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args);
  expect({ code, stdout }, stderr).toEqual({ code: exitCode, stdout: '' });
  expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
  return stderr.trimEnd().slice('inception-batch: '.length);
}

/** The only line of a command that fails in an environment. */
export async function failureLine(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, environment);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return stderr.trimEnd();
}

/** The rows of an SQL query on a store. @param endpoint of S3, if the store is in a bucket */
export async function queryResults(store: string, sql: string, endpoint = 'http://127.0.0.1:9') {
  const { stdout, stderr } = await runCommand([
    ...['results', '--store', store, '--endpoint', endpoint],
    ...['--json', '--sql', sql],
  ]);
  expect(stderr).toBe('');
  return jsonLines(stdout);
}

let lastCall: Promise<unknown> = Promise.resolve();

async function runHere(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const restore = [
    captureStream('stdout', (text) => (written.stdout += text)),
    captureStream('stderr', (text) => (written.stderr += text)),
    captureConsole(written),
    setEnvironment(env),
  ];
  const { exitCode } = process;
  process.exitCode = undefined;
  try {
    await main([process.execPath, launcher, ...args], version);
    return { code: Number(process.exitCode ?? 0), ...written };
  } finally {
    process.exitCode = exitCode;
    for (const undo of restore) undo();
  }
}

/** Replaces a stream of the process, so that no listener outlives the call. */
function captureStream(name: 'stdout' | 'stderr', take: (text: string) => void): () => void {
  const before = Object.getOwnPropertyDescriptor(process, name) ?? {};
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      take(String(chunk));
      done();
    },
  });
  Object.defineProperty(process, name, { value: stream, configurable: true });
  return () => Object.defineProperty(process, name, before);
}

function captureConsole(written: { stdout: string; stderr: string }): () => void {
  const { log, info, warn, error } = console;
  const to =
    (name: 'stdout' | 'stderr') =>
    (...values: unknown[]) => {
      written[name] += `${format(...values)}\n`;
    };
  Object.assign(console, { log: to('stdout'), info: to('stdout'), warn: to('stderr'), error: to('stderr') });
  return () => Object.assign(console, { log, info, warn, error });
}

function setEnvironment(values: NodeJS.ProcessEnv): () => void {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  assignEnvironment(values);
  return () => assignEnvironment(before);
}

function assignEnvironment(values: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
