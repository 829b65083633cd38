/** Numbers as people read them. */

/** Small costs keep enough digits to be told from nothing. The currency is that of the price table. */
export function formatCost(amount: number, currency = 'EUR'): string {
  const digits = amount > 0 && amount < 0.01 ? 4 : 2
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount)
}

const units = ['B', 'kB', 'MB', 'GB']

export function formatSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1)
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
