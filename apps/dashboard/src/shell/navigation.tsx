import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMay } from '#session/me';
import { pages } from './pages.ts';

/** Links to the pages that the user has permission for. */
export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <nav aria-label={t('nav.label')} className="grid gap-0.5">
      {pages
        .filter(({ permission }) => may(permission))
        .map(({ key, to, icon: Icon }) => (
          <Link
            key={key}
            to={to}
            onClick={onNavigate}
            activeOptions={{ exact: to === '/', includeSearch: false }}
            className="flex min-h-9 items-center gap-3 rounded-lg px-3 text-sm text-muted-foreground hover:bg-muted hover:text-foreground"
            activeProps={{ className: 'bg-primary-soft! font-medium text-primary-soft-foreground!' }}
          >
            <Icon className="size-4" aria-hidden />
            {t(`nav.${key}`)}
          </Link>
        ))}
    </nav>
  );
}
