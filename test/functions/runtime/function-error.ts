/** How an invocation fails on Lambda: the error of the handler or of the module, or the end of the process. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  /** Such as `Error`, `Runtime.ImportModuleError`, `Runtime.ExitError` or `Sandbox.Timedout`. */
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}
