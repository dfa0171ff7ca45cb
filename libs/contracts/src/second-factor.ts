import { z } from 'zod';
import { MAX_CODE_LENGTH, MIN_CODE_LENGTH } from './names.js';
import { Password } from './passwords.js';

/** Six digits from an authenticator app, or a recovery code. Spaces and hyphens are ignored. */
export const SecondFactorCode = z.string().min(MIN_CODE_LENGTH).max(MAX_CODE_LENGTH);

export const SecondFactorCodeRequest = z
  .strictObject({ code: SecondFactorCode })
  .meta({ id: 'SecondFactorCodeRequest', examples: [{ code: '492 039' }, { code: '7rj3k-0w9xq' }] });
export type SecondFactorCodeRequest = z.infer<typeof SecondFactorCodeRequest>;

export const SetUpTotpRequest = z
  .strictObject({ current_password: Password.optional().meta({ description: 'Required if the user has a password' }) })
  .meta({ id: 'SetUpTotpRequest', examples: [{ current_password: 'correct horse battery staple' }] });
export type SetUpTotpRequest = z.infer<typeof SetUpTotpRequest>;

export const TotpSetup = z
  .object({
    secret: z.string().meta({ description: 'Base32, to type into an authenticator app' }),
    otpauth_url: z.string().meta({ description: 'The same secret as a URL, to show as a QR code' }),
  })
  .meta({
    id: 'TotpSetup',
    examples: [
      {
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        otpauth_url:
          'otpauth://totp/CODITECT:ada%40acme.example?issuer=CODITECT&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
      },
    ],
  });
export type TotpSetup = z.infer<typeof TotpSetup>;

export const RecoveryCodes = z
  .object({ recovery_codes: z.array(z.string()).meta({ description: 'Shown only once. Each code works once' }) })
  .meta({ id: 'RecoveryCodes', examples: [{ recovery_codes: ['7rj3k-0w9xq', 'b2m8t-vh5pz'] }] });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

export const SecondFactorStatus = z
  .object({ enabled: z.boolean(), recovery_codes_left: z.int() })
  .meta({ id: 'SecondFactorStatus', examples: [{ enabled: true, recovery_codes_left: 9 }] });
export type SecondFactorStatus = z.infer<typeof SecondFactorStatus>;
