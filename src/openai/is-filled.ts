/** Whether a member of a body is a list that holds something: clients send empty ones, too. */
export function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}
