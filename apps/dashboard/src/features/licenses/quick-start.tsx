import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '#ui/copy-button';

/** How a program takes its first seat of a license: with the command line client, or over plain HTTP. */
export function QuickStart({ licenseKey }: { licenseKey: string }) {
  const { t } = useTranslation('licenses');
  const [machine] = useState(() => crypto.randomUUID());
  const server = window.location.origin;
  return (
    <ol className="grid gap-4 text-sm">
      <Step title={t('quickStart.signIn')} code={`export CODITECT_SERVER=${server}\ncoditect-license login`} />
      <Step
        title={t('quickStart.run')}
        code={`coditect-license run --license-key ${licenseKey} -- your-program`}
        hint={t('quickStart.runHint')}
      />
      <Step
        title={t('quickStart.curl')}
        code={[
          `curl ${server}/api/v1/licenses/acquire \\`,
          `  -H "authorization: Bearer $CODITECT_API_KEY" \\`,
          `  -H "content-type: application/json" \\`,
          `  -d '${JSON.stringify({ machine_id: machine, license_key: licenseKey })}'`,
        ].join('\n')}
        hint={t('quickStart.curlHint')}
      />
    </ol>
  );
}

function Step({ title, code, hint }: { title: string; code: string; hint?: string }) {
  return (
    <li className="grid grid-cols-1 gap-1.5">
      <span className="font-medium">{title}</span>
      <div className="flex items-start gap-2 rounded-lg border bg-muted/60 py-1 pr-1 pl-3">
        <pre role="region" aria-label={title} tabIndex={0} className="min-w-0 flex-1 overflow-x-auto py-2 text-xs">
          <code>{code}</code>
        </pre>
        <CopyButton text={code} />
      </div>
      {hint ? <span className="text-xs text-muted-foreground">{hint}</span> : null}
    </li>
  );
}
