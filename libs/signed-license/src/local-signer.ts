import { constants, sign as signCallback, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { LicenseSigner, PublicKeyRecord } from './license-signer.js';
import { SIGNATURE_ALGORITHM } from './signed-license.js';
import {
  createKeyVersion,
  openKeyDirectory,
  readKeyVersions,
  SigningKeyError,
  type KeyVersion,
} from './signing-key-files.js';

/** Signs with RSA-4096 key files in one directory. */
export interface LocalSigner extends LicenseSigner {
  /** Adds a key version, signs with it from now on, and returns its key id. Concurrent rotations create one version. */
  addVersion(): Promise<string>;
  /** Reads the directory again, e.g. after another process added a version or an operator retired one. */
  reload(): Promise<void>;
}

interface LocalSignerOptions {
  /** How old the list of versions may get, in seconds, before `publicKeys()` reads the directory again. 10 by default. */
  reloadIntervalSeconds?: number;
}

/**
 * Opens the key directory. Creates it and a first key if needed. The newest `license-signing-<version>.pem` signs, and all
 * versions stay published. To retire a version, replace it by its public half, `license-signing-<version>.pub.pem`. Delete
 * that file when no license signed with it is live.
 *
 * @throws {SigningKeyError} if the directory or a key file is accessible to others, or a file is not an RSA-4096 key
 */
export async function openLocalSigner(dir: string, options: LocalSignerOptions = {}): Promise<LocalSigner> {
  await openKeyDirectory(dir);
  const loaded = new Map<string, KeyVersion>();
  const existing = await readKeyVersions(dir, loaded);
  if (!existing.some(({ privateKey }) => privateKey)) await createKeyVersion(dir, nextNumber(existing));
  const keys = await readSigningKeys(dir, loaded);
  return new KeyFileSigner(dir, (options.reloadIntervalSeconds ?? 10) * 1000, loaded, keys);
}

// The callback form signs in libuv's thread pool, because milliseconds of RSA must not block the event loop.
const sign = promisify(signCallback);

interface SigningKeys {
  active: { privateKey: KeyObject; keyId: string };
  versions: KeyVersion[];
}

class KeyFileSigner implements LocalSigner {
  readonly algorithm = SIGNATURE_ALGORITHM;
  #readAt = performance.now();
  #reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly dir: string,
    private readonly reloadIntervalMs: number,
    private readonly loaded: Map<string, KeyVersion>,
    private keys: SigningKeys,
  ) {}

  keyId(): string {
    return this.keys.active.keyId;
  }

  async sign(message: Uint8Array) {
    const { privateKey, keyId } = this.keys.active;
    const signature = await sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
    return { keyId, signature };
  }

  async publicKeys(): Promise<PublicKeyRecord[]> {
    if (performance.now() - this.#readAt >= this.reloadIntervalMs) await this.reload();
    return this.keys.versions.map(({ publicKey }) => publicKey);
  }

  async addVersion(): Promise<string> {
    await this.reload();
    await createKeyVersion(this.dir, nextNumber(this.keys.versions));
    await this.reload();
    return this.keyId();
  }

  // One read at a time: a slow, older listing must not hide a version that was just added.
  reload(): Promise<void> {
    this.#readAt = performance.now();
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    this.keys = await readSigningKeys(this.dir, this.loaded);
  }
}

async function readSigningKeys(dir: string, loaded: Map<string, KeyVersion>): Promise<SigningKeys> {
  const versions = await readKeyVersions(dir, loaded);
  const newest = versions.findLast(({ privateKey }) => privateKey);
  if (!newest?.privateKey) throw new SigningKeyError(`${dir} holds no private signing key`);
  return { active: { privateKey: newest.privateKey, keyId: newest.publicKey.keyId }, versions };
}

function nextNumber(versions: readonly KeyVersion[]): number {
  return (versions.at(-1)?.version ?? 0) + 1;
}
