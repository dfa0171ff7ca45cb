import i18next from 'i18next';
import resourcesToBackend from 'i18next-resources-to-backend';
import { initReactI18next } from 'react-i18next';

export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** Each language is named in itself. */
export const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch' };

const KEY = 'language';

/** One namespace per feature: its texts load with the first page of the feature, and only in the current language. */
const files = import.meta.glob<{ default: Record<string, unknown> }>('../**/messages/*.json');

function load(language: string, namespace: string): Promise<{ default: Record<string, unknown> }> {
  const path = namespace === 'common' ? './messages' : `../features/${namespace}/messages`;
  const file = files[`${path}/${language}.json`];
  if (!file) throw new Error(`no texts of ${namespace} in ${language}`);
  return file();
}

/** Returns the language chosen in this browser before; otherwise the first supported one of the browser's languages. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages].map((tag) => tag?.split('-')[0]);
  return languages.find((language) => wanted.find((tag) => isLanguage(tag)) === language) ?? 'en';
}

export async function setLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language);
  await i18next.changeLanguage(language);
}

/** Resolves when the texts of the frame are loaded. Pages suspend until their own texts are. */
export async function startI18n(language: Language = preferredLanguage()): Promise<void> {
  i18next.on('languageChanged', (tag) => {
    document.documentElement.lang = tag;
  });
  await i18next
    .use(resourcesToBackend(load))
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: 'en',
      supportedLngs: languages,
      ns: ['common'],
      defaultNS: 'common',
      interpolation: { escapeValue: false }, // React escapes
      returnNull: false,
    });
}

function isLanguage(tag: string | undefined): tag is Language {
  return (languages as readonly (string | undefined)[]).includes(tag);
}
