import { availableParallelism } from 'node:os';

/**
 * Sets what native libraries read from the environment of the process, unless the user has set it. Call it before sharp or
 * onnxruntime is loaded; the launcher of the command does the same.
 *
 * - `ORT_DISABLE_TELEMETRY`: on Linux the runtime would report its use to its makers.
 * - `UV_THREADPOOL_SIZE`: decoding and file reads share this pool, which has four threads by default. Two images per core are
 *   decoded at once, and the other threads read files. Without effect if the pool is already used.
 */
export function setProcessDefaults(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  process.env['UV_THREADPOOL_SIZE'] ??= String(2 * availableParallelism() + 2);
}
