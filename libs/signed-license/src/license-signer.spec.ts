import { describe, expect, it } from 'vitest';
import { TestSigner } from '../test/test-signer.js';
import { toJwks } from './jwks.js';
import { signLicense } from './license-signer.js';
import { InvalidPayloadError } from './payload.js';
import { readTestKeys } from './vectors/test-keys.js';
import { BASE_PAYLOAD, ISSUED_AT, ISSUER } from './vectors/vector-licenses.js';
import { verifyLicense } from './verify.js';

const keys = await readTestKeys();

describe('signing a license', () => {
  it('puts algorithm, key id and type into the protected header, in that order', async () => {
    const { token } = await signLicense(new TestSigner(keys.active), BASE_PAYLOAD);
    expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).toBe(
      `{"alg":"RS256","kid":"${keys.active.record.keyId}","typ":"license+jwt"}`,
    );
  });

  it('returns the readable parts of the same token', async () => {
    const license = await signLicense(new TestSigner(keys.active), BASE_PAYLOAD);
    const signature = Buffer.from(license.token.split('.')[2] ?? '', 'base64url');
    expect(signature).toHaveLength(512);
    expect(license).toStrictEqual({
      payload: BASE_PAYLOAD,
      signature: signature.toString('base64'),
      algorithm: 'RSA_SIGN_PKCS1_4096_SHA256',
      key_id: keys.active.record.keyId,
      token: license.token,
    });
  });

  it('refuses to sign a payload that a verifier would refuse', async () => {
    const signing = signLicense(new TestSigner(keys.active), { ...BASE_PAYLOAD, seat_no: 0 });
    await expect(signing).rejects.toThrow(InvalidPayloadError);
  });

  describe('when the key is rotated after the header named it', () => {
    /** Rotates to the next key while signing, `times` times. */
    class RotatingSigner extends TestSigner {
      constructor(private times: number) {
        super(keys.retired);
      }

      override async sign(message: Uint8Array) {
        if (this.times-- > 0) this.key = this.key === keys.active ? keys.retired : keys.active;
        return super.sign(message);
      }
    }

    it('signs again under the new key', async () => {
      const license = await signLicense(new RotatingSigner(1), BASE_PAYLOAD);
      expect(license.key_id).toBe(keys.active.record.keyId);
      const options = { jwks: toJwks([keys.active.record]), issuer: ISSUER, now: () => ISSUED_AT };
      await expect(verifyLicense(license, options)).resolves.toStrictEqual(BASE_PAYLOAD);
    });

    it('gives up instead of returning a license that cannot be verified', async () => {
      await expect(signLicense(new RotatingSigner(2), BASE_PAYLOAD)).rejects.toThrow('changed its active key twice');
    });
  });
});
