interface MalformedEventOptions extends ErrorOptions {
  readonly invalidRecords?: readonly string[];
}

/** A message that cannot be parsed as upload events. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
  /** What is wrong with each record, if it has several. */
  readonly invalidRecords: readonly string[];

  constructor(message: string, { invalidRecords = [], ...options }: MalformedEventOptions = {}) {
    super(message, options);
    this.invalidRecords = invalidRecords;
  }
}
