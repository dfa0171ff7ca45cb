/** The pages around the product that all CODITECT applications link to (ADR-001, "Standardized Header/Footer"). */
const SITE = 'https://az1.ai';

export const siteLinks = [
  { key: 'home', href: SITE },
  { key: 'products', href: `${SITE}/products` },
  { key: 'about', href: `${SITE}/about` },
  { key: 'contact', href: `${SITE}/contact` },
] as const;

export const footerLinks = [
  { key: 'privacy', href: `${SITE}/privacy` },
  { key: 'terms', href: `${SITE}/terms` },
  { key: 'support', href: `${SITE}/support` },
  { key: 'documentation', href: '/docs' },
] as const;
