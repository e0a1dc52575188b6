/** A change to one top-level member of a request body. Of one member, at most one; it is not the only member. */
export type MemberEdit =
  | { kind: 'drop'; name: string }
  /** The body has no member of the new name, or another edit drops it. */
  | { kind: 'rename'; name: string; to: string }
  | { kind: 'set'; name: string; value: unknown }
