import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@playwright/test';
import type { Product } from './product.js';

/** Waits for a mail to the address with a link to the page. Returns the link. */
export async function mailedLink({ mailDir }: Product, to: string, page: string): Promise<string> {
  const link = async () => {
    for (const name of (await readdir(mailDir)).filter((file) => file.endsWith('.json'))) {
      const mail = JSON.parse(await readFile(path.join(mailDir, name), 'utf8')) as { to: string; text: string };
      const [found] = new RegExp(`https?://\\S+/${page}#token=[\\w-]+`).exec(mail.text) ?? [];
      if (found && mail.to === to) return found;
    }
    throw new Error(`no mail to ${to} leads to ${page} yet`);
  };
  let found = '';
  await expect(async () => {
    found = await link();
  }).toPass({ timeout: 20_000 });
  return found;
}
