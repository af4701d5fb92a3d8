import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

// The runtime's package brings its binaries for five platforms, 290 MB; a container or a function has one. Run where
// `node_modules` is, with a platform and an architecture if it is not for this machine.
const binaries = 'node_modules/onnxruntime-node/bin/napi-v6';
const [platform = process.platform, arch = process.arch] = process.argv.slice(2);
const own = join(platform, arch);
const all = readdirSync(binaries).flatMap((system) =>
  readdirSync(join(binaries, system)).map((processor) => join(system, processor)),
);
if (!all.includes(own)) throw new Error(`onnxruntime-node has no binaries for ${own}: only for ${all.join(', ')}`);
for (const other of all) if (other !== own) rmSync(join(binaries, other), { recursive: true });
console.log(`kept the runtime's binaries for ${own} alone`);
