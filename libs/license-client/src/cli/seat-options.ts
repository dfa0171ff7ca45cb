import type { SeatRequest } from '../acquire-seat.js';
import { UsageError } from './exit-codes.js';

/** The options that choose a seat. */
export const seatOptions = {
  'license-key': { type: 'string' },
  product: { type: 'string' },
  feature: { type: 'string', multiple: true },
} as const;

export const seatUsage = '[--license-key KEY | --product NAME] [--feature NAME]...';

export const seatHelp = `  --license-key KEY   the license; default: the license of the product that expires first
  --product NAME      default: "coditect"
  --feature NAME      a feature that the license must include; may be given several times`;

interface SeatValues {
  'license-key'?: string | undefined;
  product?: string | undefined;
  feature?: string[] | undefined;
}

/** @throws {UsageError} if both a license key and a product are given */
export function seatRequest({ 'license-key': licenseKey, product, feature: features }: SeatValues): SeatRequest {
  if (licenseKey !== undefined && product !== undefined)
    throw new UsageError('give --license-key or --product, not both');
  return {
    ...(licenseKey !== undefined && { licenseKey }),
    ...(product !== undefined && { product }),
    ...(features && { features }),
  };
}
