export interface DeviceSearch {
  /** The code that the device shows. It is in the URL when the user followed the link of the device (RFC 8628, section
   *  3.3.1). */
  user_code?: string;
}

export function deviceSearch({ user_code }: Record<string, unknown>): DeviceSearch {
  const code = typeof user_code === 'string' ? user_code.trim().slice(0, 64) : '';
  return code ? { user_code: code } : {};
}

/** Formats a typed code as the device shows it: `WDJB-MJHT`. Case, hyphens and spaces do not matter; other characters
 *  stay. */
export function userCodeShown(typed: string): string {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '');
  return code.length > 4 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}
