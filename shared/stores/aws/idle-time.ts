/**
 * Idle time after which an attempt counts as unanswered, milliseconds. By default, a client waits forever. The limit is on
 * idle time, not on the whole request, since a large upload over a slow line is not an error. It is longer than `SqsQueue`
 * waits for messages. A service that never answers is detected within half a minute: three attempts, of which the SDK starts
 * to measure each 3 seconds late.
 */
export const defaultIdleMs = 6_000;
