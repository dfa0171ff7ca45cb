import * as contract from '@coditect/contracts/webhooks';
import { expect, it } from 'vitest';
import { eventTypes } from './event-types.ts';

it('the event types to choose from are all types of the contract', () => {
  expect(eventTypes.toSorted()).toEqual(contract.eventTypes.toSorted());
});
