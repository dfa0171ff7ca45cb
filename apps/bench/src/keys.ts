import { generateKeyPair, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** A new RSA private key in PEM (PKCS #8). */
export async function newRsaKey(modulusLength: 2048 | 4096): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}

/** Writes the keys that operators provide in production, where the API creates none. */
export async function writeKeys(dir: string, signingKey: string): Promise<void> {
  const signing = path.join(dir, 'license-signing');
  await mkdir(signing, { recursive: true, mode: 0o700 });
  const secret = { mode: 0o600 };
  await writeFile(path.join(signing, 'license-signing-1.pem'), signingKey, secret);
  await writeFile(path.join(dir, 'access-token.pem'), await newRsaKey(2048), secret);
  await writeFile(path.join(dir, 'session-token.secret'), randomBytes(32).toString('base64'), secret);
}
