import { join } from 'node:path';
import { inject } from 'vitest';
import { type BuildOptions, openEngine } from './engine.ts';
import { npmRegistry } from './package-mirror.ts';

const { store, context } = inject('images');

export const stagedContext = context;
export const engine = openEngine(store);

/** Builds a target from the staged context with the registry and the CA bundle that npm uses on this machine. */
export function buildImage(target: string, options: Partial<BuildOptions> = {}): Promise<string> {
  return engine.build(context, {
    tag: `localhost/inception-batch-worker:${target}`,
    target,
    file: join(context, 'Dockerfile'),
    args: { NPM_CONFIG_REGISTRY: npmRegistry },
    caBundle: process.env['NODE_EXTRA_CA_CERTS'],
    ...options,
  });
}
