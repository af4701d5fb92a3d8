/** An inference thread has ended: neither its crops nor any others can be scored, and the process must be restarted. */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}
