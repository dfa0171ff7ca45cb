import { type ReactNode, useEffect } from 'react';

interface PageProps {
  title: string;
  /** One line below the title. */
  description?: ReactNode;
  /** Buttons on the right of the title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** Sets the title of the tab, which history and bookmarks use as well. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · CODITECT`;
  }, [title]);
}

/** The frame of every page: title, description and actions. */
export function Page({ title, description, actions, children }: PageProps) {
  usePageTitle(title);
  return (
    <div className="grid grid-cols-1 gap-6">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {description ? <p className="mt-1 text-sm text-muted-foreground">{description}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}
