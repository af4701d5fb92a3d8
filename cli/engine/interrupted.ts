import { UserError } from '../../shared/failures/user-error.ts';

/** The work was stopped by Ctrl-C or SIGTERM before it had a result; the message says what was kept. */
export class Interrupted extends UserError {}
