/** Nano-dollars as a plain decimal of dollars, never in scientific notation. */
export function usd(nanoUsd: number): string {
  return (nanoUsd / 1e9).toFixed(9).replace(/\.?0+$/, '') || '0'
}
