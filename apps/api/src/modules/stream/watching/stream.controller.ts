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
  @Header('x-accel-buffering', 'no') // otherwise nginx buffers events
  @Operation({
    summary: 'Watch seats, licenses, people and projects live',
    description:
      'Server-Sent Events: `seat.acquired`, `seat.released`, `seat.expired`, `seat.revoked`, `license.changed`, ' +
      '`denial.created`, `user.changed`, `invitation.changed` and `project.changed`, each with an id. `reset` means that everything has to be read anew; `end` comes before the server ends the ' +
      'stream. Send the last id as `Last-Event-ID` to resume after it. Without `license_session:read_all` a caller gets ' +
      'events of its own sessions, and only the seat counts for sessions of others. A change is sent to callers who may ' +
      'read the changed resource.',
    contentType: 'text/event-stream',
    problems: ['rate_limited', 'temporarily_unavailable'],
  })
  async open(
    @Headers() headers: Record<string, string | undefined>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const bearer = headers['authorization']!.slice('Bearer '.length); // AccessGuard has checked that it is there
    const stream = await this.streams.begin(reply.raw, bearer, headers['last-event-id']);
    return new StreamableFile(stream, { type: 'text/event-stream' });
  }
}
