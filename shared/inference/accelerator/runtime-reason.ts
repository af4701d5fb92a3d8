import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { firstIssue } from '../../failures/first-issue.ts';
import { driverLibrary, missingLibraries } from './missing-libraries.ts';

/** The start of the runtime's messages: the source file with its line, the function, the condition. */
const preamble = /^(?:\/\S+\.(?:cc|h):\d+ .*? was false\.|\S+\.(?:cc|h):\d+ \S+|OrtSessionOptionsAppend\w+:) */;

/** The runtime's whole message for CUDA and TensorRT if it cannot load the provider's library. */
const notLoaded = /^OrtSessionOptionsAppendExecutionProvider_(\w+): (Failed to load shared library)$/;

/** The runtime's reason in one line, without its source location. */
export function runtimeReason(error: unknown): string {
  const message = firstIssue(error);
  const [, provider = '', reason = ''] = notLoaded.exec(message.trim()) ?? [];
  if (provider === '') return message.replace(preamble, '').trim();
  const name = `libonnxruntime_providers_${provider.toLowerCase()}.so`;
  return loadFault(join(runtimeFolder(), name)) ?? reason;
}

/** Why a provider's library cannot be loaded; undefined if the loader finds nothing missing, or cannot tell. */
export function loadFault(file: string): string | undefined {
  // The runtime's install script downloads it.
  if (!existsSync(file)) return "onnxruntime-node does not include NVIDIA's libraries";
  const missing = findMissing(file);
  if (missing.length === 0) return undefined;
  const names = missing.map((name) => (name === driverLibrary ? `${name} (NVIDIA's driver)` : name));
  return `missing libraries: ${names.join(', ')}`;
}

/** Nothing on a machine without `ldd`: the runtime's own reason is still worth showing. */
function findMissing(file: string): string[] {
  try {
    return missingLibraries(file);
  } catch {
    return [];
  }
}

/** Contains the runtime's native libraries. */
function runtimeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(entry), '../bin/napi-v6', process.platform, process.arch);
}
