import type { LicenseClient } from '../client.js';
import type { SeatRequest } from '../acquire-seat.js';
import { command, takesNoArguments } from './command.js';
import type { Context } from './context.js';
import { isSession, keepSeat, liveHolders } from './kept-seat.js';
import { seatHelp, seatOptions, seatRequest, seatUsage } from './seat-options.js';
import { seatData, seatText } from './seat-report.js';

export const acquire = command({
  summary: 'take a seat and keep it for the next commands; sends no heartbeats',
  usage: seatUsage,
  help: seatHelp,
  options: seatOptions,
  async run(context, values, positionals) {
    takesNoArguments(positionals);
    const request = seatRequest(values);
    const client = await context.openClient();
    const grant = await context.state.seatTurn(() => takeSeat(context, client, request));
    const reminder = 'No heartbeats are sent for this seat: use "heartbeat --watch", or "run -- COMMAND" instead.';
    return { data: seatData(grant), text: `${seatText(grant)}\n${reminder}` };
  },
});

async function takeSeat({ state, api, say }: Context, client: LicenseClient, request: SeatRequest) {
  const { seat: previous } = await state.read();
  await client.acquire(request);
  const { grant } = client;
  if (!grant) throw new Error('the seat was lost at once');
  try {
    await keepSeat(state, client, request);
  } catch (error) {
    await client.release();
    throw error;
  }
  client.detach();
  // No command could release the former seat any more.
  if (previous && !isSession(previous, grant.session_id) && liveHolders(previous).length === 0) {
    await api.release(previous.grant.session_token).catch((error: unknown) => say(`the former seat: ${String(error)}`));
  }
  return grant;
}
