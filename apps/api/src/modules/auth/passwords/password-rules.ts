import { dictionary } from '@zxcvbn-ts/language-common';
import { ProblemError } from '#platform/problems/problem';
import { normalised } from './passwords.js';

/** In code points. NIST SP 800-63B-4, section 3.1.1.2, requires this length if the password is the only factor. With
 *  a second factor 8 would be enough, but one rule is easier to know, and the second factor can be turned off. */
const MIN_LENGTH = 15;
const MAX_LENGTH = 1024;

/** A shorter word is part of too many passwords to be forbidden. */
const MIN_WORD_LENGTH = 4;
const PRODUCT = 'coditect';

/** The user's e-mail address and the names of the organization. An attacker tries passwords with these first. */
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
 * Returns the faults of a new password. All characters are allowed and none is required: the rules are a length and a
 * list of breached passwords, not a composition (NIST SP 800-63B-4, section 3.1.1.2). Call it wherever a password is
 * set.
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

/** @param field name of the field for the errors
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
 * The list has short passwords, as people choose them. To reach the length, people add digits and exclamation marks, or
 * repeat the password. So the list is also searched for the password without these, unless the added part is the longer
 * one. One repeated character is always refused.
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
