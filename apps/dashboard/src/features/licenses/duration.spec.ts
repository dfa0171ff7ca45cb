import { expect, it } from 'vitest';
import { duration } from './duration.ts';

it.each([
  [360, 'en', '6 minutes'],
  [28_800, 'en', '8 hours'],
  [90_061, 'en', '1 day, 1 hour, 1 minute, 1 second'],
  [5400, 'de', '1 Stunde, 30 Minuten'],
])('%i seconds are, in %s, %s', (seconds, language, words) => {
  expect(duration(seconds, language)).toBe(words);
});
