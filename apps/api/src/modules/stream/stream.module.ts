import { Module } from '@nestjs/common';
import { EventDetails } from './event-details.js';
import { EventLog } from './event-log.js';
import { EventReader } from './event-reader.js';
import { LiveStreams } from './live-streams.js';
import { StreamController } from './stream.controller.js';

/** For those who watch: of the API only. */
@Module({ controllers: [StreamController], providers: [EventDetails, EventLog, EventReader, LiveStreams] })
export class StreamModule {}
