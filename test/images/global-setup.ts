import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stageWorkerImage } from '../../infra/packing/stage-worker-image.ts';
import { repository } from '../support/cli.ts';
import { makeBaseImages } from './base-images.ts';
import { openEngine } from './engine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with the images (`store`) and the staged build context (`context`). */
    readonly images: { readonly store: string; readonly context: string };
  }
}

const programs = ['podman', 'runc', 'debootstrap', 'cc', 'openssl'];

/** Stages the build context and makes the base images, once for all files. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const missing = programs.filter((program) => !isInstalled(program));
  const reasons = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...(process.getuid?.() === 0 ? [] : ['debootstrap needs root']),
  ];
  if (reasons.length > 0) throw new Error(`The worker's images cannot be tested here: ${reasons.join('; ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'inception-batch-images-'));
  const [store, context] = [join(folder, 'store'), join(folder, 'context')];
  mkdirSync(store);
  const engine = openEngine(store);
  stageWorkerImage(repository, context);
  await makeBaseImages(engine, join(context, 'Dockerfile'), folder);
  provide('images', { store, context });
  return async () => {
    await engine.reset();
    await rm(folder, { recursive: true, force: true });
  };
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program]);
    return true;
  } catch {
    return false;
  }
}
