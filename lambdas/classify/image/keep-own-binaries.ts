import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

// The runtime's package brings its binaries for five platforms, 290 MB; a container has one.
const binaries = 'node_modules/onnxruntime-node/bin/napi-v6';
const own = join(process.platform, process.arch);
const all = readdirSync(binaries).flatMap((platform) =>
  readdirSync(join(binaries, platform)).map((arch) => join(platform, arch)),
);
if (!all.includes(own)) throw new Error(`onnxruntime-node has no binaries for ${own}: only for ${all.join(', ')}`);
for (const other of all) if (other !== own) rmSync(join(binaries, other), { recursive: true });
console.log(`kept the runtime's binaries for ${own} alone`);
