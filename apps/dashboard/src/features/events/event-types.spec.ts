import * as contract from '@coditect/contracts/webhooks';
import { expect, it } from 'vitest';
import { eventTypes } from './event-types.ts';

it('the events that can be chosen are all that the API has', () => {
  expect(eventTypes.toSorted()).toEqual(contract.eventTypes.toSorted());
});
