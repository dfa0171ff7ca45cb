import { Module } from '@nestjs/common';
import { DeadLetters } from './dead-letters.js';
import { JobQueues } from './job-queues.js';

/** Access to queues and dead letters without processing jobs. */
@Module({ providers: [DeadLetters, JobQueues], exports: [DeadLetters, JobQueues] })
export class DeadLettersModule {}
