import fc from 'fast-check';

// A vitest `setupFiles` of the projects with properties: a failure prints its seed, and TEST_SEED repeats it.
fc.configureGlobal({ seed: Number(process.env['TEST_SEED']) });
