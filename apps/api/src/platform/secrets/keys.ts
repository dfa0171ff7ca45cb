import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../problems/error-code.js';

/** The secrets of a deployment, except the license signing key. */
export abstract class Keys {
  /** RSA-2048, signs access tokens. */
  abstract readonly accessTokenKey: KeyObject;
  abstract readonly accessTokenPublicKey: KeyObject;
  /** 256 bits, from which session tokens are derived. */
  abstract readonly sessionTokenSecret: Buffer;
  /** 256 bits for one purpose, the same in every process (HKDF-SHA256, RFC 5869).
   *  @param label names the purpose */
  abstract deriveKey(label: string): Buffer;
}

const MARKER = 'DEVELOPMENT-KEYS';

/** `production` only reads. `create` is for an operator who makes the keys of a deployment. `development` makes
 *  missing keys and marks the folder. */
export type KeysMode = 'development' | 'production' | 'create';

/**
 * Reads the keys from a folder. Missing keys are made (0600) if the mode allows it. Production never makes keys, and
 * refuses a folder marked as development.
 * @throws Error in plain words when a key is missing, readable by others, or made for development
 */
export async function openKeys(dir: string, mode: KeysMode): Promise<Keys> {
  const marker = path.join(dir, MARKER);
  if (mode !== 'production') await mkdir(dir, { recursive: true, mode: 0o700 });
  if (mode === 'development') {
    await writeFile(marker, 'Made by a development start. Production refuses to use this folder.\n', { mode: 0o600 });
  } else if (await exists(marker)) {
    throw new Error(`the keys in ${dir} are development keys: production refuses them`);
  }
  const pem = await readSecret(path.join(dir, 'access-token.pem'), mode, async () => {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  });
  const secret = await readSecret(path.join(dir, 'session-token.secret'), mode, () =>
    Promise.resolve(randomBytes(32).toString('base64')),
  );
  const sessionTokenSecret = Buffer.from(secret, 'base64');
  if (sessionTokenSecret.length < 32)
    throw new Error(`${dir}/session-token.secret must hold at least 32 bytes in base64`);
  const accessTokenKey = createPrivateKey(pem);
  return {
    accessTokenKey,
    accessTokenPublicKey: createPublicKey(accessTokenKey),
    sessionTokenSecret,
    deriveKey: (label) => Buffer.from(hkdfSync('sha256', sessionTokenSecret, '', label, 32)),
  };
}

/**
 * Returns the folder of the license signing keys.
 * @throws Error in production when it holds no key, because the signer would make one
 */
export async function licenseSigningDir(keysDir: string, mode: KeysMode): Promise<string> {
  const dir = path.join(keysDir, 'license-signing');
  if (mode === 'production' && !(await exists(dir)))
    throw new Error(`${dir} is missing: production does not make keys by itself`);
  return dir;
}

async function readSecret(file: string, mode: KeysMode, make: () => Promise<string>): Promise<string> {
  if (!(await exists(file))) {
    if (mode === 'production') throw new Error(`${file} is missing: production does not make keys by itself`);
    await createOnce(file, await make());
  }
  const { mode: rights } = await stat(file);
  if ((rights & 0o077) !== 0) throw new Error(`${file} can be read by others: chmod 600 it`);
  return readFile(file, 'utf8');
}

/** Several processes may start at once and must use the same key. The first to link the name wins; the others read
 *  its file. The draft has a random name: every container has the same process ids, and a start that was killed leaves
 *  its draft behind. */
async function createOnce(file: string, content: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
    await link(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
