import { createHash, randomBytes, randomInt } from 'node:crypto';

/** Consonants that form no words and are not mistaken for each other (RFC 8628, section 6.1). 20^8 codes are 34
 *  bits. */
const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE_LENGTH = 8;
const USER_CODE = new RegExp(`^[${USER_CODE_ALPHABET}]{${USER_CODE_LENGTH}}$`);
const DEVICE_CODE_BYTES = 32;

/** Returns the code that the device polls with: 256 random bits. Only its SHA-256 is stored. */
export function newDeviceCode(): string {
  return `cdc_${randomBytes(DEVICE_CODE_BYTES).toString('base64url')}`;
}

export function hashOfDeviceCode(code: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(code).digest());
}

/** Returns the code that the person types, as it is stored: without a hyphen. */
export function newUserCode(): string {
  const letters = Array.from(
    { length: USER_CODE_LENGTH },
    () => USER_CODE_ALPHABET[randomInt(USER_CODE_ALPHABET.length)],
  );
  return letters.join('');
}

/** Returns the stored form of a typed code, or undefined if it cannot be one. Case, hyphens and spaces do not matter
 *  (RFC 8628, section 6.1). */
export function parseUserCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s-]/g, '');
  return USER_CODE.test(code) ? code : undefined;
}

/** Formats a stored code as `XXXX-XXXX`. */
export function userCodeShown(code: string): string {
  return `${code.slice(0, USER_CODE_LENGTH / 2)}-${code.slice(USER_CODE_LENGTH / 2)}`;
}
