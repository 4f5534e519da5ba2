import type { Reporter, TestCase } from 'vitest/node';

/** Tells at the end which tests have passed on the second try only, and why not on the first: they hold a race, or the code does. */
export default class SecondTries implements Reporter {
  readonly #found: TestCase[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#found.push(test);
  }

  onTestRunEnd(): void {
    for (const test of this.#found) {
      const why = test.result().errors?.[0]?.stack?.split('\n') ?? [];
      const own = why.filter((line) => !line.includes('node_modules') && !line.includes('<anonymous>'));
      console.warn(`Passed on the second try: ${test.module.relativeModuleId} > ${test.fullName}\n${own.join('\n')}\n`);
    }
  }
}
