import type { TestApp } from './app.js';

let started: Promise<TestApp> | undefined;

/**
 * The application that the spec files of one worker use one after the other, with the rows of all of them in its database.
 * For a file whose expectations hold beside other tenants; one that counts over all tenants, empties Redis or stops a
 * server starts its own with `TestApp.start()`.
 */
export function sharedApp(): Promise<TestApp> {
  // Loaded when asked for: every file loads this one, and most units need no application.
  return (started ??= import('./app.js').then(({ TestApp }) => TestApp.start()));
}

/** Between two files: the next one finds the real time and an address that has not failed to sign in. */
export async function resetSharedApp(): Promise<void> {
  if (!started) return;
  const api = await started;
  api.clock.offsetMs = 0;
  const counted = [...(await api.redis.keys('failures:*')), ...(await api.redis.keys('known:*'))];
  if (counted.length > 0) await api.redis.unlink(counted);
}

/** When the worker ends. */
export async function closeSharedApp(): Promise<void> {
  const api = await started;
  started = undefined;
  await api?.stop();
}
