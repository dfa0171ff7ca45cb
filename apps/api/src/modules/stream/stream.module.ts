import { Module } from '@nestjs/common';
import { EventDetails } from './reading/event-details.js';
import { EventLog } from './reading/event-log.js';
import { EventReader } from './reading/event-reader.js';
import { LiveStreams } from './live-streams.js';
import { StreamController } from './stream.controller.js';

/** For those who watch: of the API only. */
@Module({ controllers: [StreamController], providers: [EventDetails, EventLog, EventReader, LiveStreams] })
export class StreamModule {}
