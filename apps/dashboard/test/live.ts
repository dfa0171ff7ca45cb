import type { SeatEvent, StreamEvent } from '@coditect/contracts/stream';
import { http, HttpResponse } from 'msw';
import type { Message } from '#session/api';
import { aLicense } from './seats.ts';
import { server } from './server.ts';

/** Serves a stream of live events. @returns a function that sends one event */
export function serveStream(): (event: StreamEvent) => void {
  const events = new TransformStream<string, string>();
  const writer = events.writable.getWriter();
  server.use(http.get('*/api/v1/stream', () => new HttpResponse(events.readable.pipeThrough(new TextEncoderStream()))));
  return ({ type, data }) => void writer.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Returns the data of a seat event of this session. @param seatsInUse of the five seats of the license */
export const seatData = (session: Message['LicenseSession'], seatsInUse: number): SeatEvent => ({
  session_id: session.id,
  license_id: session.license_id,
  seat_no: session.seat_no,
  machine_id: session.machine_id,
  user: { id: session.user.id, name: session.user.name },
  end_reason: null,
  seats_in_use: seatsInUse,
  seats_total: aLicense().seats_total,
});
