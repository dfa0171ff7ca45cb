import { useTranslation } from 'react-i18next';
import { languageNames, languages, setLanguage } from '#i18n/i18n';
import { setTheme, themes, useTheme } from '#theme/theme';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { oneOf } from './search-params.ts';

/** Theme and language of this browser. @param compact hides the labels, for the foot of a page */
export function Preferences({ compact }: { compact?: boolean }) {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const look = compact ? 'h-8 w-auto border-transparent bg-transparent text-muted-foreground shadow-none' : 'max-w-xs';
  return (
    <div className={compact ? 'flex flex-wrap justify-center gap-2' : 'grid gap-4 sm:grid-cols-2'}>
      <Field label={t('user.language')} hideLabel={compact}>
        <Select
          className={look}
          value={i18n.language}
          onChange={({ target }) => void setLanguage(oneOf(languages, target.value) ?? 'en')}
        >
          {languages.map((language) => (
            <option key={language} value={language} lang={language}>
              {languageNames[language]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('user.theme')} hideLabel={compact}>
        <Select
          className={look}
          value={theme}
          onChange={({ target }) => setTheme(oneOf(themes, target.value) ?? theme)}
        >
          {themes.map((value) => (
            <option key={value} value={value}>
              {t(`theme.${value}`)}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}
