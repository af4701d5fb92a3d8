import type { FunctionArchitecture } from '../../../infra/packing/pack-function.ts';

interface Names {
  /** Of Debian's packages. */
  readonly debian: string;
  /** Of Node and npm. */
  readonly node: string;
  /** Of compilers. */
  readonly compiler: string;
  readonly emulator: string;
}

/** What others call Lambda's architectures. */
export const names: Readonly<Record<FunctionArchitecture, Names>> = {
  arm64: {
    debian: 'arm64',
    node: 'arm64',
    compiler: 'aarch64-linux-gnu',
    emulator: '/usr/bin/qemu-aarch64-static',
  },
  x86_64: {
    debian: 'amd64',
    node: 'x64',
    compiler: 'x86_64-linux-gnu',
    emulator: '/usr/bin/qemu-x86_64-static',
  },
};

/** Where the emulator is mounted; an empty file of a runtime's root. */
export const mountedEmulator = '/var/emulator';

/** What runs programs of an architecture on this machine; undefined if the machine has it. */
export function emulatorOf(architecture: FunctionArchitecture): string | undefined {
  const { node, emulator } = names[architecture];
  return node === process.arch ? undefined : emulator;
}
