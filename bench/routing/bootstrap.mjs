// Questions drawn again and again with replacement: how much of a figure is a matter of which questions were asked.

const ROUNDS = 300

/** How often each of `count` questions comes in each draw. What is to be compared takes the same draws: differences are paired. */
export function drawsOf(count, random) {
  return Array.from({ length: ROUNDS }, () => {
    const counts = new Uint16Array(count)
    for (let draw = 0; draw < count; draw++) counts[Math.floor(random() * count)]++
    return counts
  })
}

/** Every question once: the figure itself. */
export function onceEach(count) {
  return new Uint16Array(count).fill(1)
}

/** 95 % intervals by name. @param drawn the figures of each draw, `{ name: number }` */
export function intervalsOf(drawn) {
  return Object.fromEntries(Object.keys(drawn[0]).map((name) => [name, middle(drawn.map((of) => of[name]))]))
}

/** One's figures less another's, name by name. */
export function difference(one, another) {
  return Object.fromEntries(Object.keys(one).map((name) => [name, one[name] - another[name]]))
}

/** Ends of the middle 95 %. */
function middle(values) {
  const sorted = Float64Array.from(values).sort()
  return [sorted[Math.floor(0.025 * sorted.length)], sorted[Math.ceil(0.975 * sorted.length) - 1]]
}
