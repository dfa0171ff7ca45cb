import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundleForNode } from '../test/bundle.js';
import { placeKey, temporaryDirectory } from '../test/key-files.js';
import { toJwks } from './jwks.js';
import { signLicense } from './license-signer.js';
import { openLocalSigner, type LocalSigner } from './local-signer.js';
import { SigningKeyError } from './signing-key-files.js';
import { readTestKeys } from './vectors/test-keys.js';
import { BASE_PAYLOAD, ISSUED_AT, ISSUER } from './vectors/vector-licenses.js';
import { verifyLicense } from './verify.js';

// Generating RSA-4096 keys takes seconds, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const keys = await readTestKeys();
const first = keys.retired;
const second = keys.active;
const publicPem = first.publicKey.export({ type: 'spki', format: 'pem' }).toString();

async function publishedIds(signer: LocalSigner): Promise<string[]> {
  return (await signer.publicKeys()).map(({ keyId }) => keyId);
}

async function verifyWith(signer: LocalSigner, token: string) {
  const jwks = toJwks(await signer.publicKeys());
  return verifyLicense(token, { jwks, issuer: ISSUER, now: () => ISSUED_AT });
}

describe('first start', () => {
  it('creates one private RSA-4096 key in a private directory, and uses it again on the next start', async () => {
    const parent = path.join(await temporaryDirectory(), 'data');
    const dir = path.join(parent, 'keys');
    const signer = await openLocalSigner(dir);

    expect(await readdir(dir)).toStrictEqual(['license-signing-1.pem']);
    expect((await stat(path.join(dir, 'license-signing-1.pem'))).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(parent)).mode & 0o777).toBe(0o777 & ~process.umask());

    const { token } = await signLicense(signer, BASE_PAYLOAD);
    const restarted = await openLocalSigner(dir);
    expect(restarted.keyId()).toBe(signer.keyId());
    await expect(verifyWith(restarted, token)).resolves.toStrictEqual(BASE_PAYLOAD);
  });

  it('of two processes at once creates one key that both use', async () => {
    const dir = await temporaryDirectory();
    const program = await temporaryDirectory();
    await bundleForNode(new URL('../test/open-signer.ts', import.meta.url), program);
    const children = [1, 2].map(() => fork(path.join(program, 'open-signer.mjs')));
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = children.map((child) => once(child, 'message'));
    const exits = children.map((child) => once(child, 'exit'));
    for (const child of children) child.send(dir);
    const ids = (await Promise.all(answers)).flat().filter((answer) => typeof answer === 'string');
    await Promise.all(exits);

    expect(ids).toHaveLength(2);
    expect(new Set(ids)).toStrictEqual(new Set([(await openLocalSigner(dir)).keyId()]));
    expect(await readdir(dir)).toStrictEqual(['license-signing-1.pem']);
  });
});

describe('rotation', () => {
  it('signs with the new version at once, and keeps licenses of the old version valid', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pem', first.pem);
    const signer = await openLocalSigner(dir);
    const before = await signLicense(signer, BASE_PAYLOAD);

    const added = await signer.addVersion();
    const after = await signLicense(signer, BASE_PAYLOAD);

    expect(before.key_id).toBe(first.record.keyId);
    expect(after.key_id).toBe(added);
    expect(added).not.toBe(before.key_id);
    expect(await publishedIds(signer)).toStrictEqual([before.key_id, added]);
    await expect(verifyWith(signer, before.token)).resolves.toStrictEqual(BASE_PAYLOAD);
    await expect(verifyWith(signer, after.token)).resolves.toStrictEqual(BASE_PAYLOAD);
  });

  it('by two replicas at once creates one version', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pem', first.pem);
    const replicas = await Promise.all([openLocalSigner(dir), openLocalSigner(dir)]);
    const added = await Promise.all(replicas.map((replica) => replica.addVersion()));
    expect(new Set(added).size).toBe(1);
    expect((await readdir(dir)).toSorted()).toStrictEqual(['license-signing-1.pem', 'license-signing-2.pem']);
  });

  it('compares versions as numbers: 10 is newer than 9', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-9.pem', first.pem);
    await placeKey(dir, 'license-signing-10.pem', second.pem);
    expect((await openLocalSigner(dir)).keyId()).toBe(second.record.keyId);
  });
});

describe('a version added by another process', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is published and signs when the list is older than the reload interval', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pem', first.pem);
    const signer = await openLocalSigner(dir, { reloadIntervalSeconds: 30 });
    await placeKey(dir, 'license-signing-2.pem', second.pem);

    vi.advanceTimersByTime(29_999);
    expect(await publishedIds(signer)).toStrictEqual([first.record.keyId]);
    expect(signer.keyId()).toBe(first.record.keyId);
    vi.advanceTimersByTime(1);
    expect(await publishedIds(signer)).toStrictEqual([first.record.keyId, second.record.keyId]);
    expect(signer.keyId()).toBe(second.record.keyId);
  });

  it('is used after an explicit reload', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pem', first.pem);
    const signer = await openLocalSigner(dir);
    await placeKey(dir, 'license-signing-2.pem', second.pem);
    await signer.reload();
    expect(signer.keyId()).toBe(second.record.keyId);
  });
});

describe('a retired version', () => {
  it('stays published by its public half until that is deleted', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pub.pem', publicPem, 0o644);
    await placeKey(dir, 'license-signing-2.pem', second.pem);
    const signer = await openLocalSigner(dir);
    expect(signer.keyId()).toBe(second.record.keyId);
    expect(await publishedIds(signer)).toStrictEqual([first.record.keyId, second.record.keyId]);

    await rm(path.join(dir, 'license-signing-1.pub.pem'));
    await signer.reload();
    expect(await publishedIds(signer)).toStrictEqual([second.record.keyId]);
  });

  it('is published once while both halves exist', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pem', first.pem);
    await placeKey(dir, 'license-signing-1.pub.pem', publicPem, 0o644);
    expect(await publishedIds(await openLocalSigner(dir))).toStrictEqual([first.record.keyId]);
  });

  it('is replaced by a new version if no other is left', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pub.pem', publicPem, 0o644);
    const signer = await openLocalSigner(dir);
    expect(await publishedIds(signer)).toStrictEqual([first.record.keyId, signer.keyId()]);
    expect(await readdir(dir)).toContain('license-signing-2.pem');
  });

  it('cannot be the last version of a running signer: reload fails, and the signer keeps its key', async () => {
    const dir = await temporaryDirectory();
    const file = await placeKey(dir, 'license-signing-1.pem', first.pem);
    const signer = await openLocalSigner(dir);
    await rename(file, `${file}.away`);
    await expect(signer.reload()).rejects.toThrow(`${dir} holds no private signing key`);
    expect((await signLicense(signer, BASE_PAYLOAD)).key_id).toBe(first.record.keyId);
    await rename(`${file}.away`, file);
    await expect(signer.reload()).resolves.toBeUndefined();
  });
});

describe('an unsafe or unusable key is refused', () => {
  it.each([0o640, 0o620, 0o604, 0o644])('a private key file of mode %o', async (mode) => {
    const dir = await temporaryDirectory();
    const file = await placeKey(dir, 'license-signing-1.pem', first.pem, mode);
    const opening = openLocalSigner(dir);
    await expect(opening).rejects.toThrow(SigningKeyError);
    await expect(opening).rejects.toThrow(`${file} is accessible to group or others: run chmod 600 ${file}`);
  });

  it.each([0o770, 0o702])('in a directory of mode %o, where others could add a version', async (mode) => {
    const dir = path.join(await temporaryDirectory(), 'keys');
    await mkdir(dir);
    await chmod(dir, mode);
    await expect(openLocalSigner(dir)).rejects.toThrow(`${dir} is writable by group or others`);
  });

  const small = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each([
    ['an RSA-2048 key', small.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['an EC key', curve.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a public key under a private name', publicPem],
    ['half a file', first.pem.slice(0, 1000)],
    ['an empty file', ''],
  ])('%s', async (_, pem) => {
    const dir = await temporaryDirectory();
    const file = await placeKey(dir, 'license-signing-1.pem', pem);
    await expect(openLocalSigner(dir)).rejects.toThrow(`${file} is not an RSA-4096 key in PEM`);
  });

  it('but files with other names are ignored', async () => {
    const dir = await temporaryDirectory();
    await placeKey(dir, 'license-signing-1.pem', first.pem);
    await placeKey(dir, 'license-signing-2.pem.bak', second.pem, 0o644);
    await placeKey(dir, 'license-signing-02.pem', second.pem, 0o644);
    await placeKey(dir, '.draft-of-a-killed-process', second.pem.slice(0, 1000));
    expect(await publishedIds(await openLocalSigner(dir))).toStrictEqual([first.record.keyId]);
  });
});

it('signs off the event loop', async () => {
  const dir = await temporaryDirectory();
  await placeKey(dir, 'license-signing-1.pem', first.pem);
  const signer = await openLocalSigner(dir);
  const order: string[] = [];
  await Promise.all([
    signer.sign(new Uint8Array(100)).then(() => order.push('signature')),
    setImmediate().then(() => order.push('next turn of the event loop')),
  ]);
  expect(order).toStrictEqual(['next turn of the event loop', 'signature']);
});
