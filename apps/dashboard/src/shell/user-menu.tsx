import { useNavigate } from '@tanstack/react-router';
import { CircleUser, LogOut } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { languageNames, languages, setLanguage } from '#i18n/i18n';
import { useMe } from '#session/me';
import { useSignOut } from '#session/sign-out';
import { setTheme, themes, useTheme } from '#theme/theme';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from '#ui/menu';

export function UserMenu() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const theme = useTheme();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const initials = me.name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={t('user.menu', { name: me.name })}
          className="grid size-9 place-items-center rounded-full bg-primary-soft text-xs font-semibold text-primary-soft-foreground"
        >
          {initials}
        </button>
      }
    >
      <div className="px-2.5 py-2">
        <p className="truncate text-sm font-medium">{me.name}</p>
        <p className="truncate text-xs text-muted-foreground">{me.email}</p>
        <p className="mt-1 truncate text-xs text-muted-foreground">
          {me.tenant.name} · {t(`roles.${me.role}`)}
        </p>
      </div>
      <MenuSeparator />
      <MenuItem onSelect={() => void navigate({ to: '/profile' })}>
        <CircleUser aria-hidden />
        {t('user.profile')}
      </MenuItem>
      <MenuSeparator />
      <MenuChoice
        label={t('user.theme')}
        value={theme}
        choices={themes.map((value) => ({ value, label: t(`theme.${value}`) }))}
        onChange={setTheme}
      />
      <MenuSeparator />
      <MenuChoice
        label={t('user.language')}
        value={i18n.language}
        choices={languages.map((value) => ({ value, label: languageNames[value] }))}
        onChange={(value) => void setLanguage(value)}
      />
      <MenuSeparator />
      <MenuLabel className="sr-only">{t('user.signOut')}</MenuLabel>
      <MenuItem onSelect={() => void signOut()}>
        <LogOut aria-hidden />
        {t('user.signOut')}
      </MenuItem>
    </Menu>
  );
}
