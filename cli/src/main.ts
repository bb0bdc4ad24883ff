/**
 * The owner's commands. `--version` is answered before anything is loaded; everything else goes through `program.ts`.
 * Ends with the exit code of the command: 0 done, 1 failed, 2 wrong use, 130 interrupted.
 */
const version =
  process.env.MOBYCLAW_VERSION ??
  (await import('../../package.json', { with: { type: 'json' } })).default.version;
const [first, ...rest] = process.argv.slice(2);

if (rest.length === 0 && (first === '--version' || first === '-V' || first === 'version')) {
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import('./program.ts');
  await main(process.argv.slice(2), version);
}

export {};
