import { z } from 'zod';
import { displayName, Timestamp } from './common.js';

const EXAMPLE_DEVICE_CODE = 'cdc_q8N1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGw';

export const DeviceAuthorizationRequest = z
  .strictObject({
    client_name: displayName(100).meta({
      description: 'Shown to the person who approves the device',
    }),
  })
  .meta({ id: 'DeviceAuthorizationRequest', examples: [{ client_name: 'coditect-license on build-7' }] });
export type DeviceAuthorizationRequest = z.infer<typeof DeviceAuthorizationRequest>;

/** The codes of a device that wants to be signed in (RFC 8628, section 3.2). */
export const DeviceAuthorizationResponse = z
  .object({
    device_code: z.string(),
    user_code: z.string(),
    verification_uri: z.string(),
    verification_uri_complete: z.string(),
    expires_in: z.int().meta({ description: 'Lifetime of both codes in seconds' }),
    interval: z.int().meta({ description: 'Minimum seconds between two polls' }),
  })
  .meta({
    id: 'DeviceAuthorizationResponse',
    examples: [
      {
        device_code: EXAMPLE_DEVICE_CODE,
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://app.example.com/device',
        verification_uri_complete: 'https://app.example.com/device?user_code=WDJB-MJHT',
        expires_in: 600,
        interval: 5,
      },
    ],
  });
export type DeviceAuthorizationResponse = z.infer<typeof DeviceAuthorizationResponse>;

/** The code that the device shows. Case and hyphens do not matter. */
export const UserCode = z.string().max(64).meta({ example: 'WDJB-MJHT' });

export const DeviceTokenRequest = z
  .strictObject({
    device_code: z.string().min(1).max(512),
    grant_type: z.literal('urn:ietf:params:oauth:grant-type:device_code').optional().meta({
      description: 'Required by RFC 8628. Only this value is accepted',
    }),
  })
  .meta({ id: 'DeviceTokenRequest', examples: [{ device_code: EXAMPLE_DEVICE_CODE }] });
export type DeviceTokenRequest = z.infer<typeof DeviceTokenRequest>;

/** A device that waits to be approved. */
export const WaitingDevice = z
  .object({
    client_name: z.string(),
    ip: z.string().nullable(),
    created_at: Timestamp,
    expires_at: Timestamp,
  })
  .meta({
    id: 'WaitingDevice',
    examples: [
      {
        client_name: 'coditect-license on build-7',
        ip: '203.0.113.7',
        created_at: '2026-11-22T09:30:00.000Z',
        expires_at: '2026-11-22T09:40:00.000Z',
      },
    ],
  });
export type WaitingDevice = z.infer<typeof WaitingDevice>;
