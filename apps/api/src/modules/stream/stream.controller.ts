import { Get, Header, Headers, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { LiveStreams } from './live-streams.js';

@ApiController('stream')
export class StreamController {
  constructor(private readonly streams: LiveStreams) {}

  @Get()
  @RequirePermission('license_session:read')
  @Header('cache-control', 'no-cache, no-store')
  @Header('x-accel-buffering', 'no') // nginx would collect events before it sends them on
  @Operation({
    summary: 'Watch seats, licenses, people and projects live',
    description:
      'Server-Sent Events: `seat.acquired`, `seat.released`, `seat.expired`, `seat.revoked`, `license.changed`, ' +
      '`denial.created`, `user.changed`, `invitation.changed` and `project.changed`, each with an id; `reset` when everything has to be read anew, `end` before the server ends the ' +
      'stream. Send the last id as `Last-Event-ID` to go on from there. Without `license_session:read_all` one gets ' +
      'events of one’s own sessions, and of others’ only how many seats are held. Changes are told to who may read what ' +
      'has changed.',
    contentType: 'text/event-stream',
    problems: ['rate_limited', 'temporarily_unavailable'],
  })
  async open(
    @Headers() headers: Record<string, string | undefined>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const bearer = headers['authorization']!.slice('Bearer '.length); // as the guard has read it
    const stream = await this.streams.begin(reply.raw, bearer, headers['last-event-id']);
    return new StreamableFile(stream, { type: 'text/event-stream' });
  }
}
