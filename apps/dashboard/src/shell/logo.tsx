/** The mark and name of AZ1.AI. */
export function Logo() {
  return (
    <span className="flex items-center gap-2">
      <svg viewBox="0 0 32 32" className="size-8" aria-hidden>
        <rect width="32" height="32" rx="8" fill="#0369a1" />
        <path d="M7 23 13.2 9h2.7L22 23h-3.2l-1.3-3.2h-6.1L10.1 23zm5.3-5.8h4.3l-2.1-5.3z" fill="#fff" />
        <path d="M24 9v14" stroke="#7dd3fc" strokeWidth="3" strokeLinecap="round" />
      </svg>
      <span className="text-base font-semibold tracking-tight">AZ1.AI</span>
    </span>
  );
}
