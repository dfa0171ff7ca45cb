import { startProduct } from './product.js';

/** Starts one product for the whole run. Tests find it in the environment, which the workers inherit. */
export default async function setup(): Promise<() => Promise<void>> {
  const { product, stop } = await startProduct();
  process.env['E2E_PRODUCT'] = JSON.stringify(product);
  return stop;
}
