import type { Session } from '../../shared/inference/session.ts';

/** A session that fails on every batch with a crop whose first byte is 66. */
export function failingSession(session: Session): Session {
  return {
    ...session,
    run: (batch) => {
      const stride = batch.pixels.length / batch.shape[0];
      const poisoned = Array.from({ length: batch.size }, (_, row) => batch.pixels[row * stride]).includes(66);
      return poisoned ? Promise.reject(new Error('the kernel failed')) : session.run(batch);
    },
  };
}
