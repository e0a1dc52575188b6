/** What V8 compiled of the program stays compiled while nobody asks. */
import { setFlagsFromString } from 'node:v8'

/**
 * For a process that serves, once, at its start. In a quiet minute V8 collects garbage to give memory back, and drops the
 * bytecode of functions it finds idle, with what was optimised from it: the first thousands of requests afterwards then cost
 * up to twice as much CPU, until everything is compiled again. Costs some megabytes of memory.
 */
export function keepCompiledCode(): void {
  setFlagsFromString('--no-flush-bytecode')
}
