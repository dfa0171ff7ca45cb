import type { ReactNode } from 'react';
import { Footer } from '#shell/footer';
import { Logo } from '#shell/logo';
import { usePageTitle } from '#shell/page';
import { Preferences } from '#shell/preferences';

interface PublicLayoutProps {
  title: string;
  /** One line below the title. */
  description?: ReactNode;
  children?: ReactNode;
}

/** The frame of the public pages: one card in the middle. */
export function PublicLayout({ title, description, children }: PublicLayoutProps) {
  usePageTitle(title);
  return (
    <div className="flex min-h-dvh flex-col">
      <main className="grid flex-1 content-center justify-items-center gap-6 px-4 py-10">
        <Logo />
        <div className="grid w-full max-w-sm grid-cols-1 gap-5 rounded-2xl border bg-surface p-6 shadow-sm sm:p-8">
          <div className="grid gap-1.5">
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            {description ? <p className="text-sm text-muted-foreground">{description}</p> : null}
          </div>
          {children}
        </div>
        <Preferences compact />
      </main>
      <Footer />
    </div>
  );
}
