import type { Command } from 'commander';
import { addImportCommand } from './import.ts';
import { addInspectCommand } from './inspect.ts';
import { addVerifyCommand } from './verify.ts';

export function addModelCommand(program: Command): void {
  const model = program.command('model').description('Import, inspect and verify models.');
  for (const add of [addImportCommand, addInspectCommand, addVerifyCommand]) add(model);
}
