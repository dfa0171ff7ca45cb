import {
  AuthenticationError,
  DeniedError,
  LeaseLostError,
  NetworkError,
  ProtocolError,
  TemporarilyUnavailableError,
  VerificationError,
} from '../errors.js';

export const exitCodes = {
  ok: 0,
  other: 1,
  usage: 2,
  notSignedIn: 3,
  denied: 4,
  leaseLost: 5,
  unavailable: 6,
  verificationFailed: 7,
} as const;

export const exitCodeHelp = `Exit codes:
  0  done
  1  any other error
  2  wrong usage
  3  not signed in, or wrong e-mail, password, organization or API key
  4  denied: no seats, a feature the license lacks, or its state
  5  the seat was lost
  6  the server cannot be reached or is temporarily unavailable
  7  the license does not verify`;

/** The command line is not valid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/** The process exit code that tells a script what went wrong. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof AuthenticationError) return exitCodes.notSignedIn;
  if (error instanceof DeniedError) return exitCodes.denied;
  if (error instanceof LeaseLostError) return exitCodes.leaseLost;
  if (error instanceof VerificationError) return exitCodes.verificationFailed;
  const unavailable = [NetworkError, ProtocolError, TemporarilyUnavailableError].some((type) => error instanceof type);
  return unavailable ? exitCodes.unavailable : exitCodes.other;
}
