import { useTranslation } from 'react-i18next';
import { footerLinks } from './site.ts';

const year = new Date().getFullYear();

export function Footer() {
  const { t } = useTranslation();
  return (
    <footer className="border-t px-4 py-6 text-sm text-muted-foreground md:px-8">
      <div className="mx-auto flex max-w-7xl flex-wrap items-center justify-between gap-4">
        <p>© {year} AZ1.AI</p>
        <nav aria-label={t('footer.label')} className="flex flex-wrap gap-x-6 gap-y-2">
          {footerLinks.map(({ key, href }) => (
            <a key={key} href={href} className="inline-flex min-h-6 items-center hover:text-foreground hover:underline">
              {t(`footer.${key}`)}
            </a>
          ))}
        </nav>
      </div>
    </footer>
  );
}
