import { createHmac, randomBytes } from 'node:crypto';

/** Crockford's base 32, in which no character is mistaken for another. Five bits each. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 10;
const HOW_MANY = 10;

/** Returns a set of codes of 50 random bits each, in readable form: `7rj3k-0w9xq`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: HOW_MANY }, () => {
    const code = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
    return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
  });
}

/** Returns the stored form of a code. It is made with a secret of the deployment, so that a thief of the database
 *  alone cannot search through 50 bits. */
export function hashOfRecoveryCode(
  key: Buffer,
  { tenantId, id }: { tenantId: string; id: string },
  code: string,
): Uint8Array<ArrayBuffer> {
  const read = code.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
  return Uint8Array.from(createHmac('sha256', key).update(`${tenantId}:${id}:${read}`).digest());
}
