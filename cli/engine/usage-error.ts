import { UserError } from '../../shared/failures/user-error.ts';

/** The command line is invalid whatever the files and services contain: exit code 2. Other errors have exit code 1. */
export class UsageError extends UserError {}
