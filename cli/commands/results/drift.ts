import type { Command } from 'commander';
export function addDriftCommand(_results: Command): void {}
