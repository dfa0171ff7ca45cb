import { Module } from '@nestjs/common';
import { LiveEvents } from './live-events.js';

/** Provides LiveEvents to the modules that publish live events. */
@Module({ providers: [LiveEvents], exports: [LiveEvents] })
export class LiveEventsModule {}
