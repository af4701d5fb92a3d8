import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/** The software renderer of Debian's package `chromium`; with it no GPU is needed. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
/** The Vulkan loader, of Debian's package `libvulkan1`. */
const loaders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].map(
  (folder) => `${folder}/libvulkan.so.1`,
);

process.env['VK_ICD_FILENAMES'] ??= swiftShader;
const driver = process.env['VK_ICD_FILENAMES'];

/** `describe` for tests of the WebGPU provider; skipped with a warning without a Vulkan driver. */
export function describeWithWebgpu(name: string, body: () => void): void {
  const missing = existsSync(driver) ? (loaders.some(existsSync) ? undefined : 'libvulkan.so.1') : driver;
  if (missing === undefined) {
    describe(name, body);
    return;
  }
  console.warn(`skipped: ${name}: no ${missing}; install Debian's chromium and libvulkan1, or set VK_ICD_FILENAMES`);
  describe.skip(name, () => {});
}
