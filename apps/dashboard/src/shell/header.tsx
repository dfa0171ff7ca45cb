import { Link } from '@tanstack/react-router';
import { Menu as MenuIcon, Search, X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Logo } from './logo.tsx';
import { Navigation } from './navigation.tsx';
import { siteLinks } from './site.ts';
import { UserMenu } from './user-menu.tsx';

/** The bar at the top: logo, links, command palette and user menu. */
export function Header({ onOpenPalette }: { onOpenPalette: () => void }) {
  const { t } = useTranslation();
  return (
    <header className="sticky top-0 z-30 border-b bg-surface/95 backdrop-blur">
      <div className="flex h-14 items-center gap-2 px-3 md:gap-6 md:px-6">
        <SideMenu />
        <Link to="/" aria-label={t('nav.homeLabel')} className="rounded-lg">
          <Logo />
        </Link>
        <nav aria-label={t('site.label')} className="hidden gap-5 text-sm text-muted-foreground lg:flex">
          <SiteLinks />
        </nav>
        <div className="ml-auto flex items-center gap-1 md:gap-2">
          <Button
            variant="outline"
            size="sm"
            onClick={onOpenPalette}
            className="hidden text-muted-foreground sm:inline-flex"
          >
            <Search aria-hidden />
            {t('palette.open')}
            <kbd className="rounded border px-1 font-sans text-xs">⌘K</kbd>
          </Button>
          <Button
            variant="ghost"
            size="icon"
            onClick={onOpenPalette}
            className="sm:hidden"
            aria-label={t('palette.open')}
          >
            <Search aria-hidden />
          </Button>
          <UserMenu />
        </div>
      </div>
    </header>
  );
}

function SiteLinks() {
  const { t } = useTranslation();
  return siteLinks.map(({ key, href }) => (
    <a key={key} href={href} className="inline-flex min-h-8 items-center hover:text-foreground">
      {t(`site.${key}`)}
    </a>
  ));
}

/** The navigation on narrow screens. */
function SideMenu() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Radix.Root open={open} onOpenChange={setOpen}>
      <Radix.Trigger asChild>
        <Button variant="ghost" size="icon" className="md:hidden" aria-label={t('nav.open')}>
          <MenuIcon aria-hidden />
        </Button>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] flex-col gap-6 overflow-y-auto border-r bg-raised p-4 shadow-xl data-[state=open]:animate-in data-[state=open]:slide-in-from-left"
        >
          <div className="flex items-center justify-between">
            <Radix.Title className="sr-only">{t('nav.label')}</Radix.Title>
            <Logo />
            <Radix.Close aria-label={t('close')} className="grid size-9 place-items-center rounded-lg hover:bg-muted">
              <X className="size-4" aria-hidden />
            </Radix.Close>
          </div>
          <Navigation onNavigate={() => setOpen(false)} />
          <nav aria-label={t('site.label')} className="mt-auto grid gap-1 border-t pt-4 text-sm text-muted-foreground">
            <SiteLinks />
          </nav>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
