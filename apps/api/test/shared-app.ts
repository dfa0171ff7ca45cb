import type { TestApp } from './app.js';

let started: Promise<TestApp> | undefined;

/**
 * Returns the application that the spec files of one worker share. Its database has the rows of all of them. Use it in
 * files whose expectations do not depend on the tenants of other files. A file that counts over all tenants, empties
 * Redis or stops a server starts its own application with `TestApp.start()`.
 */
export function sharedApp(): Promise<TestApp> {
  // Loaded on demand: every file loads this one, and most unit specs need no application.
  return (started ??= import('./app.js').then(({ TestApp }) => TestApp.start()));
}

/** Called between two files, so that the next one finds the real time and no failed sign-ins. */
export async function resetSharedApp(): Promise<void> {
  if (!started) return;
  const api = await started;
  api.clock.offsetMs = 0;
  const counted = [...(await api.redis.keys('failures:*')), ...(await api.redis.keys('known:*'))];
  if (counted.length > 0) await api.redis.unlink(counted);
}

/** Called when the worker ends. */
export async function closeSharedApp(): Promise<void> {
  const api = await started;
  started = undefined;
  await api?.stop();
}
