#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { availableParallelism } from 'node:os';

const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(`inception-batch needs Node 24 or later, this is Node ${process.versions.node}`);
  process.exit(1);
}

// On Linux the runtime would report its use to its makers, also where it is loaded outside a session's threads.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

// Decoding and file reads share this pool; Node would give them four threads on any machine. Read when first used.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism() + 2));

// Hundreds of modules, stripped of their types and compiled once instead of at every start: half the time to the first word.
enableCompileCache();

// A checkout runs its sources as they are; an installed package runs what packing compiled, since Node strips no
// types below node_modules.
const source = new URL('./main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
await main(process.argv, version);
