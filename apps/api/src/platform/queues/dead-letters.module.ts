import { Module } from '@nestjs/common';
import { DeadLetters } from './dead-letters.js';
import { JobQueues } from './job-queues.js';

/** Queues as seen from outside: for the worker, and for whoever watches over it. */
@Module({ providers: [DeadLetters, JobQueues], exports: [DeadLetters, JobQueues] })
export class DeadLettersModule {}
