import type { Change, FailedStep, Transition } from './change.ts';
import { messageOf } from './message-of.ts';

/** Steps that are all tried: one that AWS refuses must not keep the next one from stopping what costs money. */
export class Steps {
  readonly changes: Change[] = [];
  readonly failures: FailedStep[] = [];

  /** @param step returns nothing if there is nothing to report */
  async try(resource: string, step: () => Promise<Transition | undefined>): Promise<void> {
    try {
      const transition = await step();
      if (transition) this.changes.push({ resource, ...transition });
    } catch (error) {
      this.failures.push({ resource, problem: messageOf(error) });
    }
  }
}
