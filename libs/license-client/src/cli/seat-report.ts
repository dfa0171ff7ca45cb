import type { AcquireResponse } from '../wire.js';

/** The fields of a seat that may be shown: all except its credential. */
export function seatData(grant: AcquireResponse) {
  return {
    session_id: grant.session_id,
    license_id: grant.license_id,
    seat_no: grant.seat_no,
    plan_tier: grant.signed_license.payload.plan_tier,
    features: grant.features,
    lease_expires_at: grant.lease_expires_at,
    heartbeat_interval_seconds: grant.heartbeat_interval_seconds,
    expires_at: grant.expires_at,
  };
}

export function seatText(grant: AcquireResponse): string {
  const { seat_no, plan_tier, features, lease_expires_at, expires_at } = seatData(grant);
  return [
    `Seat ${seat_no} of license ${grant.license_id} (${plan_tier})`,
    `  features     ${features.length > 0 ? features.join(', ') : 'none'}`,
    `  lease        ${untilText(lease_expires_at)}`,
    `  session end  ${untilText(expires_at)}`,
  ].join('\n');
}

/** Whole seconds until a time. Negative once it has passed. */
export function secondsUntil(timestamp: string): number {
  return Math.round((Date.parse(timestamp) - Date.now()) / 1000);
}

function untilText(timestamp: string): string {
  const seconds = secondsUntil(timestamp);
  return `${seconds >= 0 ? `ends in ${durationText(seconds)}` : `ended ${durationText(-seconds)} ago`} (${timestamp})`;
}

function durationText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
