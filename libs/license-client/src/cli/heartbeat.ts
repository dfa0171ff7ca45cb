import { setTimeout as delay } from 'node:timers/promises';
import type { LicenseClientError } from '../errors.js';
import { LeaseLostError, LicenseStateError } from '../errors.js';
import { command, takesNoArguments, type Report } from './command.js';
import type { Context } from './context.js';
import { endHold, forgetSeat, keepSeat, requireSeat } from './kept-seat.js';
import { seatData, seatText } from './seat-report.js';
import type { StoredSeat } from '../state-file.js';

export const heartbeat = command({
  summary: 'extend the lease of the held seat: once, or with --watch until stopped',
  usage: '[--watch]',
  help: "  --watch   repeat at the server's interval; Ctrl-C stops it and keeps the seat until its lease ends",
  options: { watch: { type: 'boolean' } },
  async run(context, { watch: goOn = false }, positionals) {
    takesNoArguments(positionals);
    const seat = await requireSeat(context.state);
    try {
      return goOn ? await watch(context, seat) : await beat(context, seat);
    } catch (error) {
      if (error instanceof LeaseLostError || error instanceof LicenseStateError)
        await forgetSeat(context.state, seat.grant.session_id);
      throw error;
    }
  },
});

async function beat({ api, state }: Context, { grant }: StoredSeat): Promise<Report> {
  const { body } = await api.heartbeat(grant.session_token);
  const { lease_expires_at, heartbeat_interval_seconds, expires_at } = body;
  const extended = { ...grant, lease_expires_at, heartbeat_interval_seconds, expires_at };
  await state.update(({ seat, ...rest }) => ({ ...rest, ...(seat && { seat: { ...seat, grant: extended } }) }));
  return { data: seatData(extended), text: seatText(extended) };
}

/** @throws {LicenseClientError} the error that ended the seat */
async function watch(context: Context, { grant, request }: StoredSeat): Promise<Report> {
  const { state } = context;
  const stopped = new AbortController();
  let lost: LicenseClientError | undefined;
  const stop = () => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  const client = await context.openClient();
  client.on('renewed', async ({ seat }) => {
    await keepSeat(state, client, request, process.pid);
    context.say(`renewed until ${seat.leaseExpiresAt.toISOString()}`);
  });
  client.on('degraded', ({ error, until }) =>
    context.say(`${error.message}; trying again until ${until.toISOString()}`),
  );
  client.on('lost', ({ error }) => {
    lost = error;
    stop();
  });
  await client.resume(grant, request);
  await keepSeat(state, client, request, process.pid);
  // the client's own timers do not keep this process alive
  await delay(2 ** 31 - 1, undefined, { signal: stopped.signal }).catch(() => undefined);
  const last = client.grant ?? grant;
  client.detach();
  await endHold(state, last.session_id, process.pid);
  if (lost) throw lost;
  return { data: seatData(last), text: seatText(last) };
}
