/**
 * `npm run recall [-- --kinds] [-- --seeds 1-10]`: how well what was said is found, over lives made from seeds. Weights may be
 * tuned on the seeds 1 to 10; what is reported are the others, 101 to 120. Where a local model is installed, it is measured alone and
 * with the words; it reads some 5,000 turns a life, a minute on a machine at rest.
 */
import { type Figures, figuresOf, type Outcome, outcomes } from './figures.ts';
import { localModel } from './local-model.ts';
import { denseSearch, fusedSearch, newSearch } from './new-search.ts';
import { oldSearch } from './old-search.ts';
import type { Searcher } from './searcher.ts';
import { makeWorld, type World } from './world.ts';

const HELD_OUT = { from: 101, to: 120 };

const model = await localModel();
const SEARCHES: Record<string, (world: World) => Searcher | Promise<Searcher>> = {
  'FTS5, half-life of 30 days (before)': ({ turns }) => oldSearch(turns, true),
  'FTS5 alone': ({ turns }) => oldSearch(turns, false),
  'recall, words alone': newSearch,
  ...(model && {
    [`recall, ${model.name} alone`]: (world: World) => denseSearch(world, model),
    [`recall, words and ${model.name}`]: (world: World) => fusedSearch(world, model),
  }),
};
if (model === null) {
  console.log(
    'no local model in MOBYCLAW_HOME, so words alone are measured; ./mobyclaw memory model install fetches one\n',
  );
}

const { seeds, byKind } = readArguments(process.argv.slice(2));
const all = new Map<string, Outcome[]>(Object.keys(SEARCHES).map((name) => [name, []]));
let turns = 0;
for (let seed = seeds.from; seed <= seeds.to; seed++) {
  const world = makeWorld(seed);
  turns += world.turns.length;
  for (const [name, open] of Object.entries(SEARCHES)) {
    const searcher = await open(world);
    all.get(name)?.push(...outcomes(searcher, world.questions));
    searcher.close();
  }
}
const asked = all.values().next().value?.length ?? 0;
console.log(`seeds ${seeds.from} to ${seeds.to}, ${turns} turns, ${asked} questions\n`);
console.log(
  '| search | R@1 | R@5 | R@10 | MRR | stale | false | doubted |\n|---|---|---|---|---|---|---|---|',
);
for (const [name, outcome] of all) console.log(row(name, figuresOf(outcome)));
if (byKind) {
  const kinds = new Set([...all.values()].flat().map(({ question }) => question.kind));
  for (const kind of kinds) {
    console.log(`\n${kind} (${figuresOf(all.values().next().value ?? [], kind).questions})`);
    for (const [name, outcome] of all) console.log(row(name, figuresOf(outcome, kind)));
  }
}

function row(name: string, figures: Figures): string {
  const { recallAt1, recallAt5, recallAt10, mrr, stale, falseAnswers, doubted } = figures;
  const cells = [recallAt1, recallAt5, recallAt10, mrr, stale, falseAnswers, doubted].map((value) =>
    Number.isNaN(value) ? '' : value.toFixed(3).replace(/^0/, ''),
  );
  return `| ${[name, ...cells].join(' | ')} |`;
}

function readArguments(given: readonly string[]): { seeds: { from: number; to: number }; byKind: boolean } {
  const at = given.indexOf('--seeds');
  const range = at === -1 ? null : /^(\d+)-(\d+)$/.exec(given[at + 1] ?? '');
  const others = given.filter((one, index) => one !== '--kinds' && index !== at && index !== at + 1);
  if ((at !== -1 && range === null) || (at === -1 ? given : others).some((one) => one !== '--kinds')) {
    console.error('usage: npm run recall [-- --kinds] [-- --seeds 1-10]');
    process.exit(2);
  }
  return {
    seeds: range === null ? HELD_OUT : { from: Number(range[1]), to: Number(range[2]) },
    byKind: given.includes('--kinds'),
  };
}
