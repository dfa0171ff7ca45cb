import { Module } from '@nestjs/common';
import { LiveEvents } from './live-events.js';

/** For those who tell what has happened. */
@Module({ providers: [LiveEvents], exports: [LiveEvents] })
export class LiveEventsModule {}
