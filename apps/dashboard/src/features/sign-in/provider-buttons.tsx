import { KeyRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAnswer } from '#session/use-request';
import { Button } from '#ui/button';
import { providersOf } from './providers.ts';
import { returnToOf } from './sign-in-search.ts';

/** Links to the sign-in providers, below a separator. Renders nothing without providers. */
export function ProviderButtons({ tenant, returnTo }: { tenant: string | undefined; returnTo: string | undefined }) {
  const { t } = useTranslation('sign-in');
  const { answer: providers = [] } = useAnswer(tenant ?? '', providersOf);
  if (providers.length === 0) return null;
  const query = new URLSearchParams({ return_to: returnToOf(returnTo), ...(tenant && { tenant }) });
  return (
    <div className="grid gap-3">
      <p className="flex items-center gap-3 text-xs text-muted-foreground before:h-px before:flex-1 before:bg-border after:h-px after:flex-1 after:bg-border">
        {t('or')}
      </p>
      {providers.map(({ id, name }) => (
        <Button key={id} asChild variant="outline" className="w-full">
          <a href={`/api/v1/auth/oauth/${encodeURIComponent(id)}/start?${query.toString()}`}>
            <KeyRound aria-hidden />
            {t('continueWith', { provider: name })}
          </a>
        </Button>
      ))}
    </div>
  );
}
