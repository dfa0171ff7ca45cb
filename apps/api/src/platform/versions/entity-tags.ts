const TAG = /^[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/;
const VERSION = /^v([1-9]\d{0,8})$/;

interface EntityTag {
  weak: boolean;
  text: string;
}

/** The strong entity tag of a version: `"v7"`. */
export function tagOf(version: number): string {
  return `"v${version}"`;
}

/** The tags of an `If-Match` or `If-None-Match` field (RFC 9110, section 8.8.3); undefined for what is no list of them. */
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

/** The versions that `If-Match` lets a change apply to; 'any' for `*`, undefined for what is malformed. A weak tag, and
 *  one that we did not make, matches no version (strong comparison, RFC 9110, section 13.1.1). */
export function versionsOf(ifMatch: string): readonly number[] | 'any' | undefined {
  if (ifMatch.trim() === '*') return 'any';
  return parseTags(ifMatch)?.flatMap(({ weak, text }) => {
    const version = weak ? undefined : VERSION.exec(text)?.[1];
    return version === undefined ? [] : Number(version);
  });
}

/** Whether `If-None-Match` names this version: the caller has it already (weak comparison, RFC 9110, section 13.1.2). */
export function isKnown(version: number, ifNoneMatch: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  return parseTags(ifNoneMatch)?.some(({ text }) => text === `v${version}`) ?? false;
}
