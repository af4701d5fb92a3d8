import { afterAll, onTestFinished, TestRunner } from 'vitest';

/** Calls a function after the running test; outside a test, after those of the file or `describe`. */
export function atEnd(end: () => unknown): void {
  const register = TestRunner.getCurrentTest() === undefined ? afterAll : onTestFinished;
  register(async () => {
    await end();
  });
}
