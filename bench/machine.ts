import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** The machine and the versions of a benchmark, in two lines. */
export function describeMachine(packages: readonly string[]): string {
  const cores = availableParallelism();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const versions = packages.map((name) => `${name} ${versionOf(name)}`);
  const software = [`Node ${process.versions.node}`, ...versions].join(', ');
  return `${cpus()[0]?.model ?? 'unknown processor'}, ${cores} cores, ${memory} GiB\n${software}`;
}

function versionOf(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(`${path}/${name}/package.json`, 'utf8'));
      if (typeof manifest === 'object' && manifest && 'version' in manifest) return String(manifest.version);
    } catch {
      // not installed at this level: try the next one
    }
  }
  return '(unknown version)';
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
}
