/**
 * A thread that computes has ended, so nothing can be said of the crops that it held, nor of any other: the process has
 * to be started anew.
 */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}
