import { dictionary } from '@zxcvbn-ts/language-common';
import { ProblemError } from '#platform/problems/problem';
import { normalised } from './passwords.js';

/** Code points: what NIST SP 800-63B-4, section 3.1.1.2, asks for where the password is the only factor. Beside a second
 *  factor 8 would do; one rule for both is easier to know, and the second factor can be switched off. */
const MIN_LENGTH = 15;
const MAX_LENGTH = 1024;

/** A shorter word is part of too many passwords to mean anything there. */
const MIN_WORD_LENGTH = 4;
const PRODUCT = 'coditect';

/** Whose password it is to be: what somebody who wants to guess it tries first. */
export interface PasswordContext {
  email: string;
  tenant: { name: string; slug: string };
}

const messages = {
  too_short: `must have at least ${MIN_LENGTH} characters`,
  too_long: `must have at most ${MAX_LENGTH} characters`,
  password_breached: 'is known from data breaches: choose another',
  contains_context: 'must not contain your e-mail name, the name of the organization or of the product',
} as const;
export type PasswordFault = keyof typeof messages;

/**
 * What is wrong with a password to be set. Any character is fine and none is asked for (NIST SP 800-63B-4, section
 * 3.1.1.2: length and a list of breached passwords, no rules of composition). Call it wherever a password is set.
 */
export function passwordFaults(password: string, { email, tenant }: PasswordContext): PasswordFault[] {
  const text = normalised(password).toLowerCase();
  const length = Array.from(normalised(password)).length;
  const words = [email.split(/[@+]/, 1)[0]!, tenant.name, tenant.slug, PRODUCT]
    .map((word) => normalised(word).trim().toLowerCase())
    .filter((word) => word.length >= MIN_WORD_LENGTH);
  const faults: PasswordFault[] = [];
  if (length < MIN_LENGTH) faults.push('too_short');
  if (length > MAX_LENGTH) faults.push('too_long');
  else if (isBreached(text)) faults.push('password_breached');
  if (words.some((word) => text.includes(word))) faults.push('contains_context');
  return faults;
}

/** @param field of the request, which the errors name
 *  @throws ProblemError validation_failed, with the codes of PasswordFault */
export function assertAcceptablePassword(password: string, context: PasswordContext, field = 'password'): void {
  const faults = passwordFaults(password, context);
  if (faults.length === 0) return;
  throw new ProblemError('validation_failed', {
    detail: 'Choose another password.',
    errors: faults.map((code) => ({ path: field, message: messages[code], code })),
  });
}

let breached: Set<string> | undefined;

/**
 * The list is of short passwords, as people choose them; what they do to one that is too short is to add digits and
 * exclamation marks, or to write it again. So the list is also asked for what is left without these, unless what was
 * added is the longer part. One character over and over is in every list.
 */
function isBreached(text: string): boolean {
  const list = (breached ??= new Set(dictionary['passwords-common']));
  const stem = text.replace(/[\d!]+$/, '');
  const guesses = stem.length * 2 >= text.length ? [text, stem] : [text];
  return guesses.some((guess) => {
    const unit = /^(.+?)\1+$/su.exec(guess)?.[1] ?? guess;
    return list.has(guess) || list.has(unit) || Array.from(unit).length === 1;
  });
}
