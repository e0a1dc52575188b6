/** A line on a terminal that says how far a command is; elsewhere nothing. */

const WIDTH = 30

export interface ProgressLine {
  progress(done: number, whole: number): void
  /** Takes the line away. */
  end(): void
}

export function progressLine(
  title: string,
  terminal: { isTTY?: boolean; write(text: string): unknown },
): ProgressLine {
  if (terminal.isTTY !== true) return { progress: () => {}, end: () => {} }
  return {
    progress(done, whole) {
      const share = whole === 0 ? 1 : Math.min(1, done / whole)
      const filled = Math.round(share * WIDTH)
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
      terminal.write(`\r${title} ${bar} ${Math.round(share * 100)}%`)
    },
    end: () => void terminal.write('\r\u001b[2K'),
  }
}
