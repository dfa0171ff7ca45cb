const BROWSERS = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
] as const;
const SYSTEMS = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const;

/** Names a device as users know it: `Firefox · Linux`. User agents of browsers also name other browsers, so the order
 *  of the patterns matters. Other programs, such as the command line client, are shown by the name they send. Returns
 *  '' for an empty user agent. */
export function describeUserAgent(userAgent: string | null): string {
  if (!userAgent) return '';
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  if (browser) return [browser, system].filter(Boolean).join(' · ');
  return userAgent.split(/\s/, 1)[0]!.slice(0, 60);
}
