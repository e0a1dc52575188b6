// Wilson's 95 % interval, as src/metering/wilson.ts has it.
const Z = 1.959963984540054

export function wilson(hits, trials) {
  if (trials === 0) return [0, 1]
  const share = hits / trials
  const square = Z * Z
  const centre = share + square / (2 * trials)
  const spread = Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials * trials))
  const scale = 1 + square / trials
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)]
}
