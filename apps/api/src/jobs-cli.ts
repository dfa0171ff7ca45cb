import { Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { loadConfig } from '#config/config';
import { DeadLetters } from '#platform/queues/dead-letters';
import { JobQueues } from '#platform/queues/job-queues';
import { Clock } from '#platform/clock';
import { runProcess } from '#platform/observability/process';

const USAGE = `usage: node apps/api/dist/jobs-cli.js COMMAND

  dead      prints dead letters (work that was given up), newest first, one JSON line each
  retry ID  tries a dead letter again, with all its attempts
`;

/** The operators' command for dead letters. It reads the environment of the worker. */
await runProcess(async () => {
  const [command, id] = process.argv.slice(2);
  if (!(command === 'dead' && id === undefined) && !(command === 'retry' && id)) throw new Error(USAGE);
  Logger.overrideLogger(false); // standard output has only the result
  const config = loadConfig(process.env);
  const db = new Database(config.database);
  const queues = new JobQueues(config);
  const letters = new DeadLetters(db, queues, new Clock());
  try {
    if (id) {
      await letters.retry(id);
      process.stdout.write(`${id} is tried again\n`);
    } else for (const letter of await letters.list()) process.stdout.write(`${JSON.stringify(letter)}\n`);
  } finally {
    await queues.onApplicationShutdown();
    await db.close();
  }
});
