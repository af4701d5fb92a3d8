import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, glob, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { execForm, type Instruction, keyValues, parseDockerfile } from './dockerfile.ts';

const execute = promisify(execFile);

/** What a stage of a Dockerfile makes, without a container engine: a folder that stands for `/`, and how it is run. */
export interface Image {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly entrypoint: readonly string[];
  readonly health: readonly string[];
  readonly stopSignal: string | undefined;
  /** Steps that need an engine with its base images. */
  readonly skipped: ReadonlySet<string>;
}

export interface AssembleOptions {
  /** Build context. */
  readonly context: string;
  /** Empty folder; each stage becomes a folder in it. */
  readonly into: string;
  /** As given by `--build-arg`. */
  readonly args?: Readonly<Record<string, string>>;
  /** Images that FROM may name. Those of a registry are empty here. */
  readonly images?: Readonly<Record<string, Image>>;
}

type Stage = { -readonly [Key in keyof Omit<Image, 'skipped'>]: Image[Key] } & { skipped: Set<string> };
type Stages = Map<string, Stage>;

/** Steps that need the base image's package manager or an engine's network. */
const skippedRuns = [
  /^apt-get update && apt-get install --yes --no-install-recommends [\w ]+ && rm -rf \/var\/lib\/apt\/lists\/\*$/,
  /^ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules\/onnxruntime-node\/script\/install\.js( && (test -s|rm) [\w./-]+\.so)*$/,
];
/** Files of base images, which are missing here. */
const baseFiles = ['/usr/local/bin/node'];

/**
 * Carries out the instructions of a Dockerfile that copy files and run npm or node, exactly as written.
 * @returns the image of each stage, by its name or number
 * @throws {Error} on any form that it does not know
 */
export async function assembleImages(dockerfile: string, options: AssembleOptions): Promise<Record<string, Image>> {
  const stages: Stages = new Map();
  const args: Record<string, string> = {};
  let stage: Stage | undefined;
  for (const instruction of parseDockerfile(await readFile(dockerfile, 'utf8'))) {
    const { name, text, line } = instruction;
    if (name === 'ARG') Object.assign(args, keyValues(text), options.args);
    else if (name === 'FROM') stage = await openStage(substitute(text, args), stages, options);
    else if (stage === undefined) throw new Error(`line ${line}: ${name} before FROM`);
    else await carryOut(instruction, stage, stages, options.context);
  }
  return Object.fromEntries(stages);
}

async function openStage(text: string, stages: Stages, { into, images = {} }: AssembleOptions): Promise<Stage> {
  const [, from = '', name = String(stages.size)] = /^(\S+)(?: AS ([\w-]+))?$/.exec(text) ?? [];
  if (from === '') throw new Error(`FROM ${text} is not supported here`);
  const root = join(into, name);
  await mkdir(root);
  const base = stages.get(from) ?? images[from];
  if (base !== undefined) await cp(base.root, root, { recursive: true });
  const empty = { workdir: '/', env: {}, user: undefined, entrypoint: [], health: [], stopSignal: undefined };
  const stage: Stage = { ...(base ?? empty), root, skipped: new Set(base?.skipped ?? [`FROM ${from}`]) };
  stages.set(name, stage);
  return stage;
}

async function carryOut({ name, text, line }: Instruction, stage: Stage, stages: Stages, context: string) {
  switch (name) {
    case 'WORKDIR':
      stage.workdir = resolve(stage.workdir, text);
      await mkdir(join(stage.root, stage.workdir), { recursive: true });
      return;
    case 'COPY':
      return copy(text, stage, stages, context);
    case 'RUN':
      return run(text, stage);
    case 'ENV':
      stage.env = { ...stage.env, ...keyValues(text) };
      return;
    case 'USER':
      stage.user = text;
      return;
    case 'STOPSIGNAL':
      stage.stopSignal = text;
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = execForm(text) ?? [];
      return;
    case 'HEALTHCHECK':
      stage.health = execForm(text.replace(/^(--[\w-]+=\S+ )*CMD /, '')) ?? [];
      return;
    case 'LABEL':
    case 'EXPOSE':
      return;
    default:
      throw new Error(`line ${line}: ${name} is not supported here`);
  }
}

async function copy(text: string, stage: Stage, stages: Stages, context: string): Promise<void> {
  const [, , from, paths = ''] = /^(--from=([\w-]+) )?([^-].*)$/.exec(text) ?? [];
  const words = paths.split(' ');
  const to = words.pop() ?? '';
  const origin = from === undefined ? undefined : stages.get(from);
  if (words.length === 0 || (from !== undefined && origin === undefined))
    throw new Error(`COPY ${text} is not supported here`);
  const target = join(stage.root, resolve(stage.workdir, to));
  const sent = origin === undefined ? await sentTo(context) : () => true;
  for (const word of words) {
    const pattern = origin === undefined ? join(context, word) : join(origin.root, resolve('/', word));
    if (origin !== undefined && baseFiles.includes(word) && !existsSync(pattern)) {
      stage.skipped.add(`COPY ${text}`);
      continue;
    }
    const sources = word.includes('*') ? await Array.fromAsync(glob(pattern)) : [pattern];
    if (sources.length === 0) throw new Error(`COPY ${text}: no file matches ${word}`);
    if ((words.length > 1 || sources.length > 1) && !to.endsWith('/'))
      throw new Error(`COPY ${text}: several files need a folder, "${to}" is not one`);
    for (const source of sources) {
      const folder = (await stat(source)).isDirectory();
      const destination = folder || !to.endsWith('/') ? target : join(target, basename(source));
      await cp(source, destination, { recursive: true, filter: (path) => sent(path) });
    }
  }
}

/** Whether the engine is sent a file of a build context: everything, or only the names that a `.dockerignore` allows. */
async function sentTo(context: string): Promise<(path: string) => boolean> {
  const path = join(context, '.dockerignore');
  if (!existsSync(path)) return () => true;
  const [all, ...allowed] = (await readFile(path, 'utf8')).split('\n').filter((rule) => !/^(#|$)/.test(rule));
  if (all !== '*' || !allowed.every((rule) => /^![\w./-]+$/.test(rule)))
    throw new Error(`${path} is not supported here`);
  const names = allowed.map((rule) => join(context, rule.slice(1)));
  return (file) => file === context || names.some((name) => file === name || file.startsWith(`${name}/`));
}

async function run(text: string, stage: Stage): Promise<void> {
  if (skippedRuns.some((known) => known.test(text))) {
    stage.skipped.add(`RUN ${text}`);
    return;
  }
  const [program = '', ...args] = text.split(' ');
  const plain = /^[\w./ =-]+$/.test(text);
  if (!plain || (program !== 'node' && text.slice(0, 7) !== 'npm ci '))
    throw new Error(`RUN ${text} is not supported here`);
  await execute(program === 'node' ? process.execPath : program, args, {
    cwd: join(stage.root, stage.workdir),
    env: { ...process.env, ...stage.env, npm_config_prefer_offline: 'true' },
  });
}

function substitute(text: string, args: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => args[name] ?? '');
}
