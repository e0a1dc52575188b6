// What is to happen, earliest first; what falls on the same moment in the order in which it was put in.

export class Events {
  nowMs = 0
  #heap = []
  #count = 0

  /** `happen` is called with nothing, at `atMs`. */
  at(atMs, happen) {
    const event = { atMs, order: this.#count++, happen }
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isEarlier(event, heap[parent])) break
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = event
  }

  /** Until nothing is left to happen, or `untilMs` is past. */
  run(untilMs) {
    for (let event = this.#next(); event !== undefined && event.atMs <= untilMs; event = this.#next()) {
      this.nowMs = event.atMs
      event.happen()
    }
  }

  #next() {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isEarlier(heap[child + 1], heap[child])) child++
      if (!isEarlier(heap[child], last)) break
      heap[index] = heap[child]
      index = child
    }
    heap[index] = last
    return first
  }
}

function isEarlier(left, right) {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}
