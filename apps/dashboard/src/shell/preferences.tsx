import { useTranslation } from 'react-i18next';
import { type Language, languageNames, languages, setLanguage } from '#i18n/i18n';
import { setTheme, type Theme, themes, useTheme } from '#theme/theme';
import { Field } from '#ui/field';
import { Select } from '#ui/input';

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
          onChange={(event) => void setLanguage(event.target.value as Language)}
        >
          {languages.map((language) => (
            <option key={language} value={language} lang={language}>
              {languageNames[language]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('user.theme')} hideLabel={compact}>
        <Select className={look} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
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
