/** A budget does not hold what an attempt may cost. */
import type { Reservation } from './budget.ts'

export class Overdraft extends Error {
  override readonly name = 'Overdraft'
  readonly reservation: Reservation
  /** Spent and set aside before, in nano-dollars. */
  readonly spentNanoUsd: number

  constructor(reservation: Reservation, spentNanoUsd: number) {
    super(`The budget ${reservation.budget} is used up.`)
    this.reservation = reservation
    this.spentNanoUsd = spentNanoUsd
  }
}
