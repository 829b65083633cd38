/** A price per million tokens keeps the digits that it was given with: €0.075 is not €0.08. */
export const priceText = (amount: number, currency: string) =>
  new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  }).format(amount)
