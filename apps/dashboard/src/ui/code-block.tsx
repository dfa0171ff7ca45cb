import { CopyButton } from './copy-button.tsx';

/** Code with a copy button. Long lines scroll. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative rounded-lg border bg-muted">
      <pre
        role="region"
        tabIndex={0}
        aria-label={label}
        className="max-h-96 overflow-auto p-3 pr-12 text-xs leading-relaxed"
      >
        <code>{text}</code>
      </pre>
      <div className="absolute top-1.5 right-1.5 rounded-lg bg-muted">
        <CopyButton text={text} />
      </div>
    </div>
  );
}
