import { describe, expect, it } from 'vitest';
import { languages } from './i18n.ts';

const files = import.meta.glob<Record<string, unknown>>('../**/messages/*.json', { eager: true, import: 'default' });
const folders = [...new Set(Object.keys(files).map((path) => path.replace(/\/[a-z]+\.json$/, '')))];

/** Every text by its key, for example `menu.open`. Plural forms differ between languages, so they count as one text. */
function texts(messages: unknown, prefix = ''): [string, string][] {
  if (typeof messages === 'string') return [[prefix.replace(/_(zero|one|two|few|many|other)$/, ''), messages]];
  return Object.entries(messages as object).flatMap(([name, value]) =>
    texts(value, prefix ? `${prefix}.${name}` : name),
  );
}
const variables = (text: string) => new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name));

describe.each(folders)('the texts of %s', (folder) => {
  const english = new Map(texts(files[`${folder}/en.json`]));

  it.each(languages.filter((language) => language !== 'en'))('have the same keys in %s as in English', (language) => {
    const translated = new Map(texts(files[`${folder}/${language}.json`]));
    expect([...translated.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  });

  it.each(languages)('are not empty in %s, and use the same values as in English', (language) => {
    for (const [key, text] of texts(files[`${folder}/${language}.json`])) {
      expect([key, text.trim()]).not.toEqual([key, '']);
      const allowed = variables(english.get(key) ?? '').add('count');
      for (const name of variables(text)) expect([key, allowed.has(name)]).toEqual([key, true]);
    }
  });
});
