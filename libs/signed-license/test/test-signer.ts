import { sign } from 'node:crypto';
import type { LicenseSigner } from '../src/license-signer.js';
import { SIGNATURE_ALGORITHM } from '../src/signed-license.js';
import type { TestKey } from '../src/vectors/test-keys.js';

/** A signer in memory. Assign `key` to change its key. */
export class TestSigner implements LicenseSigner {
  readonly algorithm = SIGNATURE_ALGORITHM;

  constructor(public key: TestKey) {}

  keyId(): string {
    return this.key.record.keyId;
  }

  async sign(message: Uint8Array) {
    return { keyId: this.keyId(), signature: new Uint8Array(sign('sha256', message, this.key.privateKey)) };
  }

  async publicKeys() {
    return [this.key.record];
  }
}
