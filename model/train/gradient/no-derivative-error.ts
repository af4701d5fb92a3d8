import { UserError } from '../../../shared/failures/user-error.ts';

/** An operator between a trained weight and the loss has no derivative, or none in its form. */
export class NoDerivativeError extends UserError {}
