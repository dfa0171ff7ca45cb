import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { publicKeyRecord } from '../public-key-record.js';
import type { PublicKeyRecord } from '../license-signer.js';

/** A key pair of the test vectors. Its private half is published. */
export interface TestKey {
  pem: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  record: PublicKeyRecord;
}

export interface TestKeys {
  active: TestKey;
  retired: TestKey;
  unpublished: TestKey;
}

// The JSON files stay in the sources. This path also works from `dist`.
export const VECTORS_DIRECTORY = new URL('../../src/vectors/', import.meta.url);

export async function readTestKeys(): Promise<TestKeys> {
  const file = readFileSync(new URL('test-keys.json', VECTORS_DIRECTORY), 'utf8');
  const { private_keys_pkcs8: pems }: { private_keys_pkcs8: Record<keyof TestKeys, string> } = JSON.parse(file);
  return {
    active: await testKey(pems.active),
    retired: await testKey(pems.retired),
    unpublished: await testKey(pems.unpublished),
  };
}

async function testKey(pem: string): Promise<TestKey> {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(pem);
  return { pem, privateKey, publicKey, record: await publicKeyRecord(publicKey) };
}
