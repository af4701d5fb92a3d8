import { UserError } from '../../shared/failures/user-error.ts';

/** Parts were compacted after they were opened. The same query succeeds on newly opened results. */
export class ResultsChanged extends UserError {}
