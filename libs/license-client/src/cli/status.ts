import { LicenseTrust } from '../license-trust.js';
import { VerificationError } from '../errors.js';
import type { ServerState, StoredSeat } from '../state-file.js';
import { command, takesNoArguments } from './command.js';
import type { Context } from './context.js';
import { secondsUntil, seatData, seatText } from './seat-report.js';

export const status = command({
  summary: 'show the login and the held seat, without contacting the server',
  usage: '',
  help: '',
  options: {},
  async run(context, _values, positionals) {
    takesNoArguments(positionals);
    const kept = await context.state.read();
    const machineId = await context.machineId();
    const refusal = kept.seat && (await refusalOf(kept.seat, kept, machineId));
    const seat = kept.seat && {
      ...seatData(kept.seat.grant),
      lease_seconds_left: secondsUntil(kept.seat.grant.lease_expires_at),
      session_seconds_left: secondsUntil(kept.seat.grant.expires_at),
      verified: refusal === undefined,
      ...(refusal && { verification_error: refusal.code }),
    };
    const { server, apiKey } = context;
    const login = { signed_in: kept.login !== undefined, email: kept.login?.email, api_key: apiKey !== undefined };
    const data = { server, ...login, machine_id: machineId };
    return { data: { ...data, seat: seat ?? null }, text: statusText(context, kept, machineId, refusal) };
  },
});

async function refusalOf(
  seat: StoredSeat,
  { trust }: ServerState,
  machineId: string,
): Promise<VerificationError | undefined> {
  try {
    const offline = new LicenseTrust(trust ?? {}, () => Promise.reject(new Error('status asks no server')));
    await offline.verifyOffline(seat.grant.signed_license, { nowMs: Date.now(), graceSeconds: 0, machineId });
    return undefined;
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
}

function statusText(
  { server, apiKey }: Context,
  { login, seat }: ServerState,
  machineId: string,
  refusal: VerificationError | undefined,
): string {
  return [
    `Server   ${server}`,
    `Login    ${apiKey ? 'by CODITECT_API_KEY' : (login?.email ?? 'not signed in')}`,
    `Machine  ${machineId}`,
    seat ? seatText(seat.grant) : 'No seat is held.',
    ...(seat ? [`  verified     ${refusal ? `no: ${refusal.message}` : 'yes'}`] : []),
  ].join('\n');
}
