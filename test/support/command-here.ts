import { Command } from 'commander';
import { vi } from 'vitest';

/**
 * Runs a command in the process of the test, which saves the start of another: what it prints comes back, and what it throws
 * is thrown. The command line as a whole, with exit codes and streams, is `inceptionBatch`.
 */
export async function commandHere(add: (program: Command) => void, args: readonly string[]): Promise<string> {
  const program = new Command('inception-batch').exitOverride().configureOutput({ writeErr() {} });
  add(program);
  const lines: string[] = [];
  const print = vi.spyOn(console, 'log').mockImplementation((line: unknown) => {
    lines.push(`${line}\n`);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } finally {
    print.mockRestore();
  }
  return lines.join('');
}
