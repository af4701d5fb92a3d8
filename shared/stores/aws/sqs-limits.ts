/** Limits of SQS. */
export const sqsLimits = {
  /** Of one message, and of all messages of a request together. */
  bytes: 1_048_576,
  /** Messages in one request. */
  entries: 10,
} as const;
