import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { asJwks } from '../answer-shape.js';
import { ProtocolError } from '../errors.js';
import { LicenseTrust, type TrustAnchor } from '../license-trust.js';
import { isRecord } from '../refusal.js';
import type { SignedLicense } from '../wire.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { UsageError } from './exit-codes.js';
import { requireSeat } from './kept-seat.js';

export const verify = command({
  summary: 'verify a license without the server, with the keys kept at login or a key set file',
  usage: '[FILE | -] [--jwks FILE] [--issuer ISSUER] [--grace SECONDS] [--this-machine]',
  help: `  FILE             a signed license (JSON), an answer of acquire, or a compact JWS; - is standard input;
                   default: the license of the held seat, which must be of this machine
  --jwks FILE      the issuer's key set, instead of the one kept at login
  --issuer ISSUER  the only accepted issuer; default: the known issuer of these keys
  --grace SECONDS  how long the license still counts after the session end; default: 0
  --this-machine   refuse the license of another machine`,
  options: {
    jwks: { type: 'string' },
    issuer: { type: 'string' },
    grace: { type: 'string' },
    'this-machine': { type: 'boolean' },
  },
  async run(context, { jwks, issuer, grace = '0', 'this-machine': thisMachine }, [file, ...more]) {
    if (more.length > 0) throw new UsageError('verify takes exactly one license');
    if (!/^\d{1,9}$/.test(grace)) throw new UsageError('--grace needs a number of seconds');
    const license = await readLicense(context, file);
    const anchor = await trustAnchor(context, jwks);
    const trust = new LicenseTrust({ ...anchor, ...(issuer && { issuer }) }, () =>
      Promise.reject(new Error('offline')),
    );
    const payload = await trust.verifyOffline(license, {
      nowMs: Date.now(),
      graceSeconds: Number(grace),
      ...((thisMachine || file === undefined) && { machineId: await context.machineId() }),
    });
    return {
      data: { valid: true, payload },
      text: `The license is valid: seat ${payload.seat_no} of license ${payload.license_id} (${payload.plan_tier}), issued by ${payload.iss}, until ${new Date(payload.exp * 1000).toISOString()}.`,
    };
  },
});

async function readLicense({ io, state }: Context, file: string | undefined): Promise<SignedLicense | string> {
  if (file === undefined) return (await requireSeat(state)).grant.signed_license;
  const content = file === '-' ? await text(io.stdin) : await readFile(file, 'utf8');
  const parsed = parseJson(content);
  const license = isRecord(parsed) && isRecord(parsed['signed_license']) ? parsed['signed_license'] : parsed;
  return isSignedLicense(license) ? license : content.trim();
}

/** Whether a value can be given to the verification, which checks everything else. */
function isSignedLicense(value: unknown): value is SignedLicense {
  return isRecord(value) && typeof value['token'] === 'string';
}

async function trustAnchor({ state }: Context, file: string | undefined): Promise<Partial<TrustAnchor>> {
  if (file === undefined) return (await state.read()).trust ?? {};
  try {
    return { jwks: asJwks(parseJson(await readFile(file, 'utf8'))) };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw new UsageError(`${file} is not a JWK Set`, { cause });
    throw cause;
  }
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
