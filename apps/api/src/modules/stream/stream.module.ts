import { Module } from '@nestjs/common';
import { EventDetails } from './watching/event-details.js';
import { EventLog } from './watching/event-log.js';
import { EventReader } from './watching/event-reader.js';
import { LiveStreams } from './watching/live-streams.js';
import { StreamController } from './watching/stream.controller.js';

/** Streams live events to clients. Loaded by the API only. */
@Module({ controllers: [StreamController], providers: [EventDetails, EventLog, EventReader, LiveStreams] })
export class StreamModule {}
