import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const execute = promisify(execFile);

/** A container engine with images of its own: podman, whose commands are those of docker. */
export interface Engine {
  /** Builds an image as `docker build` does; returns the log, or rejects with it. */
  build(context: string, options: BuildOptions): Promise<string>;
  /** Makes an image of a folder that stands for `/`. */
  importFolder(folder: string, tag: string): Promise<void>;
  inspect(tag: string): Promise<ImageDescription>;
  /** Runs a container as the task definition of the GPU workers does. */
  start(tag: string, environment: Readonly<Record<string, string>>): Container;
  /** Removes every container and image. */
  reset(): Promise<void>;
}

export interface BuildOptions {
  readonly tag: string;
  readonly target?: string;
  readonly file?: string;
  readonly args?: Readonly<Record<string, string>>;
  /** Passed as the secret `ca-bundle`. */
  readonly caBundle?: string | undefined;
}

export interface Container {
  /** Exit code of its process. */
  readonly exited: Promise<number | null>;
  /** What it has written so far. */
  output(): string;
  exec(command: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }>;
  /** Sends the stop signal of the image, and kills the container after these seconds. */
  stop(seconds: number): Promise<void>;
}

const descriptionSchema = z
  .tuple([
    z.object({
      Size: z.number(),
      Config: z.object({
        User: z.string(),
        Env: z.array(z.string()),
        Entrypoint: z.array(z.string()),
        WorkingDir: z.string(),
        StopSignal: z.string(),
        ExposedPorts: z.record(z.string(), z.unknown()),
        Labels: z.record(z.string(), z.string()),
      }),
      Healthcheck: z.object({ Test: z.array(z.string()) }).optional(),
    }),
  ])
  .transform(([description]) => description);

export type ImageDescription = z.output<typeof descriptionSchema>;

/** Host network, no privileges, a read-only root, `/tmp` in memory, a memory limit: as in the task definition. */
const taskOptions = [
  ...['--network', 'host', '--user', '1000:1000', '--memory', '8192m'],
  ...['--read-only', '--read-only-tmpfs=false', '--tmpfs', '/tmp:size=512m,nosuid,nodev'],
  ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
  // ECS ignores the health check of an image; tests run it by themselves.
  '--no-healthcheck',
  // Those of the ECS agent. By default, podman raises the limits as far as only a user of the host may.
  ...['--ulimit', 'nofile=1024:4096', '--ulimit', 'nproc=4096:4096'],
];

/** @param store folder for images and containers */
export function openEngine(store: string): Engine {
  const base = [
    ...['--root', join(store, 'images'), '--runroot', join(store, 'run')],
    ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
  ];
  const podman = (...args: readonly string[]) => execute('podman', [...base, ...args], { maxBuffer: 2 ** 26 });
  return {
    async build(context, { tag, target, file, args = {}, caBundle }) {
      // A chroot works where no nested containers are allowed. Base images are never pulled, see base-images.ts.
      const options = ['--isolation', 'chroot', '--format', 'docker', '--pull=never', '--tag', tag];
      if (target !== undefined) options.push('--target', target);
      if (file !== undefined) options.push('--file', file);
      for (const [name, value] of Object.entries(args)) options.push('--build-arg', `${name}=${value}`);
      if (caBundle !== undefined) options.push('--secret', `id=ca-bundle,src=${caBundle}`);
      const { stdout, stderr } = await podman('build', ...options, context).catch((error) => {
        throw new Error(`${error.stdout}${error.stderr}`);
      });
      return `${stdout}${stderr}`;
    },
    async importFolder(folder, tag) {
      const archive = join(store, `${randomUUID()}.tar`);
      await execute('tar', ['--create', '--file', archive, '--directory', folder, '.']);
      await podman('import', '--quiet', archive, tag);
      await execute('rm', [archive]);
    },
    async inspect(tag) {
      return descriptionSchema.parse(JSON.parse((await podman('image', 'inspect', tag)).stdout));
    },
    start(tag, environment) {
      const name = `worker-${randomUUID()}`;
      const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const child = spawn('podman', [...base, 'run', '--rm', '--name', name, ...taskOptions, ...variables, tag], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
      return {
        exited: once(child, 'close').then(([code]) => code),
        output: () => text,
        exec: (command) =>
          podman('exec', name, ...command).then(
            ({ stdout }) => ({ code: 0, stdout }),
            ({ code, stdout, stderr }) => ({ code, stdout: `${stdout}${stderr}` }),
          ),
        stop: async (seconds) => {
          await podman('stop', '--time', String(seconds), name);
        },
      };
    },
    async reset() {
      await podman('rm', '--all', '--force', '--time', '0');
      await podman('rmi', '--all', '--force');
    },
  };
}
