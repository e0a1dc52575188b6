/** Number of the newest migration that this program knows. By itself, because drizzle takes long to load. */
export const SCHEMA_VERSION = 7
