import { QueryClientProvider } from '@tanstack/react-query';
import { Outlet, useLocation, useRouteContext } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLiveUpdates } from '#live/live-updates';
import { useLoginEnd } from '#session/sign-out';
import { Footer } from './footer.tsx';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { OfflineBanner } from './offline-banner.tsx';
import { PageLoading } from './page-states.tsx';
import { SecondFactorNotice, useSecondFactorMissing } from './second-factor-notice.tsx';
import { useShortcuts } from './shortcuts.ts';

// It loads when it is first opened.
const ShortcutHelp = lazy(async () => ({ default: (await import('./shortcut-help.tsx')).ShortcutHelp }));

type Palette = ComponentType<{ open: boolean; onOpenChange: (open: boolean) => void }>;

/** The frame around every page for signed-in users. @param palette opened by its shortcut and in the header */
export function AppFrame({ palette }: { palette: Palette }) {
  const { queryClient } = useRouteContext({ from: '/_app' });
  return (
    <QueryClientProvider client={queryClient}>
      <Frame palette={palette} />
    </QueryClientProvider>
  );
}

function Frame({ palette: CommandPalette }: { palette: Palette }) {
  const { t } = useTranslation();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const secondFactorMissing = useSecondFactorMissing();
  const { pathname } = useLocation();
  useLoginEnd();
  useLiveUpdates(!secondFactorMissing);
  const openPalette = useCallback(() => setPalette(true), []);
  useShortcuts({ palette: openPalette, help: useCallback(() => setHelp(true), []) });
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-primary px-4 py-2 text-primary-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t('skip')}
      </a>
      <Header onOpenPalette={openPalette} />
      <OfflineBanner />
      <div className="mx-auto grid w-full max-w-[100rem] flex-1 grid-cols-1 md:grid-cols-[14rem_minmax(0,1fr)]">
        <aside className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] overflow-y-auto border-r p-3 md:block">
          <Navigation />
        </aside>
        <main id="main" tabIndex={-1} className="min-w-0 p-4 outline-none md:p-8">
          <Suspense fallback={<PageLoading />}>
            {secondFactorMissing && pathname !== '/profile' ? <SecondFactorNotice /> : <Outlet />}
          </Suspense>
        </main>
      </div>
      <Footer />
      <Suspense>
        {palette ? <CommandPalette open onOpenChange={setPalette} /> : null}
        {help ? <ShortcutHelp open onOpenChange={setHelp} /> : null}
      </Suspense>
    </div>
  );
}
