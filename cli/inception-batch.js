#!/usr/bin/env node
// Default imports only: an old Node must get as far as the check below, and a missing named export is a SyntaxError.
import fs from 'node:fs';
import module from 'node:module';
import os from 'node:os';
import v8 from 'node:v8';

// A checkout runs its sources, with the Node that npm installed there. An installed package runs compiled files, because
// Node strips no types below node_modules.
const source = new URL('./main.ts', import.meta.url);
const isCheckout = fs.existsSync(source);

const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  const orNpx = isCheckout ? ', or run "npm ci" and start the command with npx' : '';
  console.error(
    `inception-batch needs Node 24 or later, but this is Node ${process.versions.node}: ` +
      `install it from https://nodejs.org${orNpx}`,
  );
  process.exit(1);
}

// On Linux the runtime would report its use to its makers, even if it is loaded outside of a session's threads.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

// Decoding and file reads share this pool, which has four threads by default. Two images per core are decoded at once; the
// other threads read files, even if every decoder is stuck. Read when it is first used.
process.env.UV_THREADPOOL_SIZE ??= String(2 * os.availableParallelism() + 2);

// V8 lets the space for new objects grow to 128 MB per thread on a large machine. 2 MB are as fast here: most of the work is
// done outside of JavaScript.
v8.setFlagsFromString('--semi-space-growth-factor=1');

// Caches hundreds of modules without types and compiled: halves the time to the first output.
module.enableCompileCache();

const { main } = await import(isCheckout ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
const { version } = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
await main(process.argv, version);
