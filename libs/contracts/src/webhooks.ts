import { z } from 'zod';
import { Id, Moment, PageQuery, pageOf, STORABLE_TEXT, Timestamp } from './common.js';
import { example } from './examples.js';
import {
  deliveryStatuses,
  disabledReasons,
  eventTypes,
  MAX_WEBHOOK_DESCRIPTION_LENGTH,
  MAX_WEBHOOK_URL_LENGTH,
  webhookStatuses,
} from './names.js';

export const EventType = z.enum(eventTypes).meta({ id: 'EventType', examples: ['license_session.acquired'] });
export type EventType = z.infer<typeof EventType>;

const UNSTORABLE = 'must not contain NUL or half a surrogate pair';

const EventSelection = z
  .array(z.enum(['*', ...eventTypes]))
  .min(1)
  .max(eventTypes.length + 1)
  .meta({ description: '`*` stands for all types, including future ones' });
const Url = z
  .url()
  .max(MAX_WEBHOOK_URL_LENGTH)
  .regex(STORABLE_TEXT, UNSTORABLE)
  .meta({ description: 'https on port 443 or 8443, at a public address, without credentials' });
const Description = z.string().trim().max(MAX_WEBHOOK_DESCRIPTION_LENGTH).regex(STORABLE_TEXT, UNSTORABLE);

export const CreateWebhookRequest = z
  .strictObject({ url: Url, description: Description.default(''), event_types: EventSelection.default(['*']) })
  .meta({
    id: 'CreateWebhookRequest',
    examples: [
      { url: 'https://hooks.acme.example/coditect', event_types: ['license_session.acquired', 'denial.created'] },
    ],
  });
export type CreateWebhookRequest = z.infer<typeof CreateWebhookRequest>;

export const UpdateWebhookRequest = z
  .strictObject({
    url: Url.optional(),
    description: Description.optional(),
    event_types: EventSelection.optional(),
  })
  .meta({ id: 'UpdateWebhookRequest', examples: [{ event_types: ['*'] }] });
export type UpdateWebhookRequest = z.infer<typeof UpdateWebhookRequest>;

export const Webhook = z
  .object({
    id: Id,
    url: z.string(),
    description: z.string(),
    event_types: z.array(z.string()),
    status: z.enum(webhookStatuses),
    disabled_reason: z.enum(disabledReasons).nullable().meta({
      description: 'gone: the endpoint answered 410. failing: 20 attempts in a row failed over more than 24 hours',
    }),
    disabled_at: Timestamp.nullable(),
    consecutive_failures: z.int(),
    failing_since: Timestamp.nullable(),
    previous_secret_until: Timestamp.nullable().meta({
      description: 'Until then, deliveries are also signed with the secret before the last rotation',
    }),
    version: z
      .int()
      .meta({ description: 'Increases with every change, but not with failures. The ETag is made from it' }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Webhook', examples: [exampleWebhook()] });
export type Webhook = z.infer<typeof Webhook>;

export const WebhookWithSecret = Webhook.extend({
  secret: z.string().meta({ description: 'Verifies signatures. It is shown only once' }),
}).meta({
  id: 'WebhookWithSecret',
  examples: [{ ...exampleWebhook(), secret: 'whsec_ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZQ==' }],
});
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

export const WebhookPage = pageOf(Webhook, 'WebhookPage');
export const WebhookQuery = PageQuery.extend({
  status: z.enum(webhookStatuses).optional(),
  ordering: z.enum(['url', '-url', 'created_at', '-created_at']).default('-created_at'),
});
export type WebhookQuery = z.infer<typeof WebhookQuery>;

/** One request to an endpoint. */
const attempt = {
  attempted_at: Timestamp,
  duration_ms: z.int(),
  status_code: z.int().nullable(),
  error: z.string().nullable().meta({ description: 'Why the endpoint gave no answer' }),
  body: z.string().nullable().meta({ description: 'The first 2 KB of the answer' }),
};
const exampleAttempt = {
  attempted_at: example.now,
  duration_ms: 84,
  status_code: 204,
  error: null,
  body: null,
};

export const WebhookTest = z
  .object({ succeeded: z.boolean(), ...attempt })
  .meta({ id: 'WebhookTest', examples: [{ succeeded: true, ...exampleAttempt }] });
export type WebhookTest = z.infer<typeof WebhookTest>;

export const WebhookDelivery = z
  .object({
    id: Id,
    webhook_id: Id,
    event_id: Id,
    event_type: z.string(),
    event_sequence: z.int(),
    status: z.enum(deliveryStatuses).meta({
      description: 'failed: given up after the last attempt. skipped: not sent because the endpoint was disabled',
    }),
    attempts: z.int().meta({ description: 'Attempts since the last retry or replay' }),
    next_attempt_at: Timestamp.nullable().meta({ description: 'Null when no attempt is left' }),
    completed_at: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'WebhookDelivery', examples: [exampleDelivery()] });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

export const WebhookDeliveryDetail = WebhookDelivery.extend({
  attempt_log: z.array(z.object({ id: Id, ...attempt })).meta({ description: 'Latest first, 100 at most' }),
}).meta({
  id: 'WebhookDeliveryDetail',
  examples: [
    { ...exampleDelivery(), attempt_log: [{ id: '0195a4c5-5b0a-7d0f-8a61-0a4f6b2c9d18', ...exampleAttempt }] },
  ],
});
export type WebhookDeliveryDetail = z.infer<typeof WebhookDeliveryDetail>;

export const WebhookDeliveryPage = pageOf(WebhookDelivery, 'WebhookDeliveryPage');
export const WebhookDeliveryQuery = PageQuery.extend({
  status: z.enum(deliveryStatuses).optional(),
  event_type: EventType.optional(),
  ordering: z.enum(['event_sequence', '-event_sequence']).default('-event_sequence'),
});
export type WebhookDeliveryQuery = z.infer<typeof WebhookDeliveryQuery>;

export const ReplayWebhookRequest = z
  .strictObject({
    from: Moment.meta({ description: 'Start of the range, inclusive, RFC 3339' }),
    to: Moment.optional().meta({ description: 'End of the range, exclusive. Now by default' }),
  })
  .refine(({ from, to }) => to === undefined || Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be later than from',
  })
  .meta({ id: 'ReplayWebhookRequest', examples: [{ from: example.then, to: example.now }] });
export type ReplayWebhookRequest = z.infer<typeof ReplayWebhookRequest>;

export const WebhookReplay = z
  .object({ deliveries: z.int().meta({ description: 'How many events will be delivered again' }) })
  .meta({ id: 'WebhookReplay', examples: [{ deliveries: 17 }] });
export type WebhookReplay = z.infer<typeof WebhookReplay>;

/** An event as it is sent to endpoints and returned by `GET events`. */
export const Event = z
  .object({
    id: Id,
    sequence: z.int().meta({ description: '1, 2, 3 … within the tenant, without gaps' }),
    type: z.string(),
    timestamp: Timestamp.meta({ description: 'When it happened' }),
    resource_type: z.string(),
    resource_id: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({
    id: 'Event',
    examples: [
      {
        id: '0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01',
        sequence: 4711,
        type: 'license_session.acquired',
        timestamp: example.now,
        resource_type: 'license_session',
        resource_id: example.sessionId,
        data: {
          actor: { type: 'user', id: example.userId },
          license_id: example.licenseId,
          user_id: example.userId,
          machine_id: example.machineId,
          seat_no: 3,
          status: 'active',
        },
      },
    ],
  });
export type Event = z.infer<typeof Event>;

const digits = (value: unknown) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value);

/** Events in their order, starting after the last one that the caller has. */
export const EventQuery = z.strictObject({
  after: z
    .preprocess(digits, z.int().min(0).default(0))
    .meta({ description: 'The sequence of the last event that the caller has' }),
  limit: z.preprocess(digits, z.int().min(1).max(1000).default(100)),
  type: EventType.optional(),
});
export type EventQuery = z.infer<typeof EventQuery>;

export const EventList = z
  .object({
    results: z.array(Event),
    last_sequence: z
      .int()
      .meta({ description: 'The value of `after` for the next request, also when there are no results' }),
    has_more: z.boolean(),
  })
  .meta({ id: 'EventList', examples: [{ results: [], last_sequence: 4711, has_more: false }] });
export type EventList = z.infer<typeof EventList>;

function exampleWebhook() {
  return {
    id: '0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21',
    url: 'https://hooks.acme.example/coditect',
    description: 'Seat monitor',
    event_types: ['license_session.acquired', 'denial.created'],
    status: 'enabled' as const,
    disabled_reason: null,
    disabled_at: null,
    consecutive_failures: 0,
    failing_since: null,
    previous_secret_until: null,
    version: 1,
    created_at: example.then,
    updated_at: example.then,
  };
}

function exampleDelivery() {
  return {
    id: '0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12',
    webhook_id: '0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21',
    event_id: '0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01',
    event_type: 'license_session.acquired',
    event_sequence: 4711,
    status: 'succeeded' as const,
    attempts: 1,
    next_attempt_at: null,
    completed_at: example.now,
    created_at: example.now,
  };
}
