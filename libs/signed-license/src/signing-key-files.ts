import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PublicKeyRecord } from './license-signer.js';
import { publicKeyRecord } from './public-key-record.js';

/** A key directory or file that must not be used. The message names it and says what to do. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
}

export interface KeyVersion {
  version: number;
  /** Undefined for a retired version, which is still published but never signs again. */
  privateKey: KeyObject | undefined;
  publicKey: PublicKeyRecord;
}

const FILE_NAME = /^license-signing-([1-9]\d*)(\.pub)?\.pem$/;

/**
 * Creates the key directory (0700) if there is none. Parents get the default mode, because other services may use them.
 *
 * @throws {SigningKeyError} if group or others may write to it: anyone who can add a version can choose the signing key
 */
export async function openKeyDirectory(dir: string): Promise<void> {
  await mkdir(path.dirname(path.resolve(dir)), { recursive: true });
  await mkdir(dir, { mode: 0o700 }).catch(unlessExists);
  const { mode } = await stat(dir);
  if (mode & 0o022) throw new SigningKeyError(`${dir} is writable by group or others: run chmod 700 ${dir}`);
}

/**
 * Reads all versions in the directory, oldest first. `loaded` caches earlier reads by file name: a key file never changes,
 * so each is parsed once, and deleted files are forgotten.
 *
 * @throws {SigningKeyError} if a private key file is accessible to group or others, or is not an RSA-4096 key in PEM
 */
export async function readKeyVersions(dir: string, loaded: Map<string, KeyVersion>): Promise<KeyVersion[]> {
  const names = (await readdir(dir)).filter((name) => FILE_NAME.test(name));
  const versions = await Promise.all(
    names.map(async (name) => [name, loaded.get(name) ?? (await readKeyFile(dir, name))] as const),
  );
  loaded.clear();
  for (const [name, version] of versions) loaded.set(name, version);
  const byNumber = new Map<number, KeyVersion>();
  for (const [, version] of versions) {
    if (version.privateKey || !byNumber.has(version.version)) byNumber.set(version.version, version);
  }
  return [...byNumber.values()].toSorted((a, b) => a.version - b.version);
}

/**
 * Creates the key of one version, unless another process creates it first; then that key is kept. The file appears
 * complete or not at all: a hard link to a finished file is exclusive (EEXIST), while a rename would replace.
 */
export async function createKeyVersion(dir: string, version: number): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 4096,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const draft = path.join(dir, `.draft-${randomUUID()}`);
  try {
    await writeDurably(draft, privateKey);
    await link(draft, path.join(dir, `license-signing-${version}.pem`)).catch(unlessExists);
  } finally {
    await rm(draft, { force: true });
  }
  await syncDirectory(dir);
}

async function readKeyFile(dir: string, name: string): Promise<KeyVersion> {
  const file = path.join(dir, name);
  const [, version, published] = FILE_NAME.exec(name) ?? [];
  const handle = await open(file, 'r');
  try {
    const { mode } = await handle.stat();
    if (!published && mode & 0o077) {
      throw new SigningKeyError(`${file} is accessible to group or others: run chmod 600 ${file}`);
    }
    const pem = await handle.readFile('utf8');
    const privateKey = published ? undefined : createPrivateKey(pem);
    const publicKey = await publicKeyRecord(createPublicKey(pem));
    return { version: Number(version), privateKey, publicKey };
  } catch (cause) {
    if (cause instanceof SigningKeyError) throw cause;
    throw new SigningKeyError(`${file} is not an RSA-4096 key in PEM`, { cause });
  } finally {
    await handle.close();
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Syncs the directory. Only then does a new directory entry survive a power failure. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
