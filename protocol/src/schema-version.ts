/**
 * How many steps the schema of gateway.db has come. The gateway makes them (`gateway/src/store/migrations.ts`, which does
 * not compile where the two differ); the CLI, which must not put a database in place that this version cannot open, only
 * has to know the number.
 */
export const GATEWAY_SCHEMA = 33;
