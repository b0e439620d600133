export const exempt = { deno: {}, bun: {} }
