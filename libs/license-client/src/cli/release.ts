import { LeaseLostError } from '../errors.js';
import { command, takesNoArguments } from './command.js';
import { forgetSeat } from './kept-seat.js';

export const release = command({
  summary: 'give the seat back',
  usage: '',
  help: '',
  options: {},
  async run({ api, state }, _values, positionals) {
    takesNoArguments(positionals);
    return await state.seatTurn(async () => {
      const { seat } = await state.read();
      if (!seat) return { data: { released: false }, text: 'No seat is held.' };
      try {
        await api.release(seat.grant.session_token);
      } catch (error) {
        // a session that the server does not know is not held
        if (!(error instanceof LeaseLostError)) throw error;
      }
      await forgetSeat(state, seat.grant.session_id);
      const { session_id, seat_no } = seat.grant;
      return { data: { released: true, session_id }, text: `Seat ${seat_no} was given back.` };
    });
  },
});
