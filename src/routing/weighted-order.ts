/** An order by weighted chance, in which every item comes once. */

/** Each place is drawn from what is left, in proportion to weight. `random` gives numbers in [0, 1). */
export function weightedOrder<Item extends { weight: number }>(
  items: readonly Item[],
  random: () => number,
): Item[] {
  const left = [...items]
  const order: Item[] = []
  while (left.length > 1) {
    let point = random() * left.reduce((sum, item) => sum + item.weight, 0)
    let index = 0
    for (const item of left) {
      point -= item.weight
      // Rounding may leave a crumb after the last item, which then is the one.
      if (point < 0 || index === left.length - 1) break
      index++
    }
    order.push(...left.splice(index, 1))
  }
  return [...order, ...left]
}
