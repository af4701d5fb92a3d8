import type { Grant } from '../iam/policies.ts';
import type { StoodUp } from '../stand-up.ts';

/** What a pipeline showed of failures of a role; a number that grows is a consequence of what happened in between. */
export interface Failures {
  /** Messages that a function reported as failed, or whose invocation failed. */
  readonly messages: number;
  /** Workers that ended in an error. */
  readonly exits: number;
  /** Times that the action is named in logs of the role's processes. */
  readonly logged: number;
  /** Times that Lambda itself was refused the action. */
  readonly refused: number;
}

/** Counts what someone who operates the pipeline would notice; the gateway's own record is none of it. */
export function failuresOf({ functions, mappings, workers }: StoodUp, { role, action }: Grant): Failures {
  const pools = [...functions.values()].filter(({ principal }) => principal.role === role);
  const logs = [JSON.stringify(pools.flatMap(({ lines }) => lines)), workers?.output ?? ''].join('\n');
  const isFailure = (code: number | null) => code !== 0;
  return {
    messages: mappings.reduce((sum, { failed }) => sum + failed, 0),
    exits: workers?.exitCodes.filter(isFailure).length ?? 0,
    logged: logs.split(action).length - 1,
    refused: mappings.flatMap(({ errors }) => errors).filter((error) => error.includes(action)).length,
  };
}

/** The names of what has grown. */
export function consequences(before: Failures, after: Failures): string[] {
  const names = ['messages', 'exits', 'logged', 'refused'] as const;
  return names.filter((name) => after[name] > before[name]);
}

/** Lambda writes logs in the name of the role, and says nothing when it may not: lines are lost. */
export function isSilent({ action }: Grant): boolean {
  return action.startsWith('logs:');
}
