"""npm, pnpm, yarn, bun, deno and what starts them; package.json and the lockfiles."""
