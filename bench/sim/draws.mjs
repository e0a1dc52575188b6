// Random draws of the workloads, from a generator of numbers in [0, 1).

export function exponential(random, mean) {
  return -mean * Math.log(1 - random())
}

/** Whole, at least 1; `spread` is the standard deviation of the logarithm. */
export function lognormal(random, mean, spread) {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.max(1, Math.round(mean * Math.exp(spread * normal - (spread * spread) / 2)))
}

export function between(random, least, most) {
  return least + Math.floor(random() * (most - least + 1))
}

/** Draws an index below `count`, the first most often: by 1 / rank ^ `exponent`. */
export function zipf(count, exponent) {
  const sums = []
  let sum = 0
  for (let rank = 1; rank <= count; rank++) {
    sum += rank ** -exponent
    sums.push(sum)
  }
  return (random) => {
    const drawn = random() * sum
    return sums.findIndex((at) => drawn < at)
  }
}
