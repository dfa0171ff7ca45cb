import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** The secrets of a deployment apart from the license signing key. */
export abstract class Keys {
  /** RSA-2048, signs access tokens. */
  abstract readonly accessTokenKey: KeyObject;
  abstract readonly accessTokenPublicKey: KeyObject;
  /** 256 bits, from which session tokens are derived. */
  abstract readonly sessionTokenSecret: Buffer;
}

const MARKER = 'DEVELOPMENT-KEYS';

/**
 * Reads the keys from a folder. In development missing ones are made (0600) and the folder is marked; production never
 * makes keys and refuses a folder with that mark.
 * @throws Error in plain words when a key is missing, readable by others, or made for development
 */
export async function openKeys(dir: string, production: boolean): Promise<Keys> {
  if (production) {
    if (await exists(path.join(dir, MARKER)))
      throw new Error(`the keys in ${dir} are development keys: production refuses them`);
  } else {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeFile(path.join(dir, MARKER), 'Made by a development start. Production refuses to use this folder.\n', {
      mode: 0o600,
    });
  }
  const pem = await readSecret(path.join(dir, 'access-token.pem'), production, async () => {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  });
  const secret = await readSecret(path.join(dir, 'session-token.secret'), production, () =>
    Promise.resolve(randomBytes(32).toString('base64')),
  );
  const sessionTokenSecret = Buffer.from(secret, 'base64');
  if (sessionTokenSecret.length < 32)
    throw new Error(`${dir}/session-token.secret must hold at least 32 bytes in base64`);
  const accessTokenKey = createPrivateKey(pem);
  return { accessTokenKey, accessTokenPublicKey: createPublicKey(accessTokenKey), sessionTokenSecret };
}

async function readSecret(file: string, production: boolean, make: () => Promise<string>): Promise<string> {
  if (!(await exists(file))) {
    if (production) throw new Error(`${file} is missing: production does not make keys by itself`);
    await createOnce(file, await make());
  }
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others: chmod 600 it`);
  return readFile(file, 'utf8');
}

/** Several processes may start at once and must agree: the first to link the name wins, the others read its file. */
async function createOnce(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
