const TAG = /^[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/;
const VERSION = /^v([1-9]\d{0,8})$/;

interface EntityTag {
  weak: boolean;
  text: string;
}

/** Returns the strong entity tag of a version: `"v7"`. */
export function tagOf(version: number): string {
  return `"v${version}"`;
}

/** Returns the tags of an `If-Match` or `If-None-Match` field (RFC 9110, section 8.8.3), or undefined if it is
 *  malformed. */
function parseTags(field: string): EntityTag[] | undefined {
  const tags: EntityTag[] = [];
  for (let rest = field; rest !== '';) {
    const match = TAG.exec(rest);
    if (!match || match[0] === '') return undefined;
    if (match[2] !== undefined) tags.push({ weak: match[1] !== undefined, text: match[2] });
    rest = rest.slice(match[0].length);
  }
  return tags.length > 0 ? tags : undefined;
}

/** Returns the versions that `If-Match` allows: 'any' for `*`, undefined for a malformed field. Weak tags and tags
 *  that we did not make match no version (strong comparison, RFC 9110, section 13.1.1). */
export function versionsOf(ifMatch: string): readonly number[] | 'any' | undefined {
  if (ifMatch.trim() === '*') return 'any';
  return parseTags(ifMatch)?.flatMap(({ weak, text }) => {
    const version = weak ? undefined : VERSION.exec(text)?.[1];
    return version === undefined ? [] : Number(version);
  });
}

/** Whether `If-None-Match` names this version: the caller already has it (weak comparison, RFC 9110, section
 *  13.1.2). */
export function isKnown(version: number, ifNoneMatch: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  return parseTags(ifNoneMatch)?.some(({ text }) => text === `v${version}`) ?? false;
}
