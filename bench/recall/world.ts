/**
 * A life of 18 months made from a seed: people, chats, small talk, and facts planted among it that are updated, taken back,
 * denied, or said beside the question; two people have one first name. With it the questions of each kind, which turns are
 * evidence for an answer, and which are outdated; some have no answer. Nothing is anybody's text.
 */
import { Random } from '../soak/random.ts';
import * as pool from './pools.ts';

const DAYS = 548;
const SESSIONS = 420;
const TURNS = { least: 8, most: 22 };
const FIRST_DAY = Date.UTC(2025, 0, 6);
const DAY_MS = 86_400_000;
export const TODAY = dayAt(DAYS);

export interface Turn {
  id: number;
  chat: string;
  /** YYYY-MM-DD */
  day: string;
  /** HH:MM */
  time: string;
  speaker: string;
  text: string;
}

export type Kind =
  | 'plain'
  | 'paraphrase'
  | 'beside'
  | 'update'
  | 'taken back'
  | 'dependent'
  | 'negation'
  | 'relative date'
  | 'same name'
  | 'no answer';

export interface Question {
  kind: Kind;
  text: string;
  /** Turns of which each answers it; empty where nothing does. */
  evidence: number[];
  /** Turns that answered it once. */
  stale: number[];
}

export interface World {
  turns: Turn[];
  questions: Question[];
}

interface Person {
  first: string;
  last: string;
}

/** Turns that are said one after the other in one session; `keep` names those that matter by position. */
interface Exchange {
  day: number;
  said: { by: string; text: string }[];
  /** Called with the ids that the turns got. */
  placed: (ids: number[]) => void;
}

export function makeWorld(seed: number): World {
  const random = new Random(seed);
  const people = makePeople(random);
  const exchanges: Exchange[] = [];
  const questions: Question[] = [];
  const planter = new Planter(random, people, exchanges, questions);
  planter.plantAll();
  return { turns: speak(random, people, exchanges), questions };
}

/** The last two have the first name of the first two. */
function makePeople(random: Random): Person[] {
  const firsts = shuffled(random, pool.FIRST_NAMES).slice(0, 10);
  const lasts = shuffled(random, pool.LAST_NAMES);
  const people = firsts.map((first, at) => ({ first, last: lasts[at] ?? '' }));
  return [
    ...people,
    { first: firsts[0] ?? '', last: lasts[10] ?? '' },
    { first: firsts[1] ?? '', last: lasts[11] ?? '' },
  ];
}

class Planter {
  readonly #random: Random;
  readonly #people: Person[];
  readonly #exchanges: Exchange[];
  readonly #questions: Question[];

  constructor(random: Random, people: Person[], exchanges: Exchange[], questions: Question[]) {
    this.#random = random;
    this.#people = people;
    this.#exchanges = exchanges;
    this.#questions = questions;
  }

  plantAll(): void {
    const unique = this.#people.slice(2, 10);
    for (const [at, { first }] of unique.entries()) {
      this.#pet(first, at);
      this.#allergy(first, at);
      this.#home(first, at);
      this.#plan(first, at);
      this.#thing(first, at);
    }
    for (const [at, keepsake] of pool.KEEPSAKES.entries()) this.#keepsake(keepsake, pool.PLACES[at] ?? '');
    for (const [at, topic] of pool.TOPICS.entries()) this.#topic(topic, at);
    for (const [at, event] of pool.EVENTS.entries()) this.#event(event, at);
    for (let at = 0; at < 4; at++) this.#dependent(unique[at] as Person, at);
    for (let at = 0; at < 2; at++) this.#sameName(at);
    this.#unanswerable(unique);
  }

  /** Said in words of its own, asked in the same and in others. */
  #pet(who: string, at: number): void {
    const pet = pool.PETS[at] ?? '';
    const name = pool.PET_NAMES[at] ?? '';
    const beside = this.#random.chance(0.5);
    const said = beside
      ? [
          [this.#other(who), `${who}, what did you call the new ${pet} in the end?`],
          [who, `${name}! The kids insisted.`],
        ]
      : [
          [
            who,
            this.#random.pick([
              `My ${pet} ${name} ate my sandwich.`,
              `We got a ${pet}, ${name} is the name.`,
            ]),
          ],
        ];
    this.#plant(said as [string, string][], (ids) => {
      const evidence = [ids.at(-1) ?? 0];
      this.#ask(beside ? 'beside' : 'plain', `What is ${who}'s ${pet} called?`, evidence);
      this.#ask('paraphrase', `Which name did ${who} give to the animal at home?`, evidence);
    });
  }

  #allergy(who: string, at: number): void {
    const allergen = pool.ALLERGENS[at] ?? '';
    const likes = pool.FOODS[at] ?? '';
    this.#plant([[who, `Careful with ${allergen}, I am allergic and it got worse.`]], (ids) => {
      this.#ask('plain', `What is ${who} allergic to?`, ids);
      this.#ask('paraphrase', `What must we keep away from ${who} because of a bad reaction?`, ids);
    });
    this.#plant([[who, `I never eat ${likes}, it makes me ill.`]], (ids) => {
      this.#ask('negation', `Who does not eat ${likes}?`, ids);
    });
    this.#plant([[this.#other(who), `I eat ${likes} every week, I love it.`]]);
  }

  /** Lives in three places, one after the other. */
  #home(who: string, at: number): void {
    const cities = [0, 5, 10].map((step) => pool.CITIES[(at + step) % pool.CITIES.length] ?? '');
    const days = this.#days(3);
    const all: number[] = [];
    for (const [step, city] of cities.entries()) {
      const text =
        step === 0
          ? `I live in ${city}, near the river.`
          : this.#random.pick([
              `I have moved, my home is ${city} now.`,
              `Big news: I live in ${city} since Monday.`,
            ]);
      this.#plant([[who, text]], (ids) => all.push(ids[0] ?? 0), days[step]);
    }
    this.#afterwards(() => {
      this.#ask('update', `Where does ${who} live now?`, [all[2] ?? 0], all.slice(0, 2));
      this.#ask('update', `In which city is ${who}'s home?`, [all[2] ?? 0], all.slice(0, 2));
      this.#ask('plain', `Did ${who} ever live in ${cities[0]}?`, [all[0] ?? 0]);
    });
  }

  #plan(who: string, at: number): void {
    const plan = pool.PLANS[at] ?? '';
    const [first, second] = this.#days(2);
    const ids: number[] = [];
    this.#plant(
      [[who, `The ${plan} is fixed for the autumn, I am looking forward to it.`]],
      (of) => ids.push(...of),
      first,
    );
    this.#plant([[who, `The ${plan} is off, we cancelled everything.`]], (of) => ids.push(...of), second);
    this.#afterwards(() => {
      this.#ask('taken back', `Is the ${plan} of ${who} still on?`, [ids[1] ?? 0], [ids[0] ?? 0]);
    });
  }

  #thing(who: string, at: number): void {
    const thing = pool.THINGS[at] ?? '';
    const colour = pool.COLOURS[at] ?? '';
    this.#plant([[who, `Guess what, I bought a ${colour} ${thing} from ${this.#other(who)}.`]], (ids) => {
      this.#ask('plain', `What colour is the ${thing} that ${who} bought?`, ids);
      this.#ask('paraphrase', `From whom did ${who} get the ${thing}?`, ids);
    });
  }

  #keepsake(keepsake: string, place: string): void {
    const [asker, teller] = [this.#anybody(), this.#anybody()];
    if (this.#random.chance(0.5)) {
      this.#plant(
        [
          [asker, `Has anybody an idea where the ${keepsake} went?`],
          [teller, `Look in ${place}.`],
        ],
        (ids) => this.#ask('beside', `Where is the ${keepsake}?`, [ids[1] ?? 0]),
      );
    } else {
      this.#plant([[teller, `I put the ${keepsake} into ${place}.`]], (ids) =>
        this.#ask('plain', `Where is the ${keepsake} kept?`, ids),
      );
    }
  }

  /** The same subject many times: only the time tells which is meant. */
  #topic(topic: string, at: number): void {
    const months = shuffled(this.#random, [3, 5, 7, 9, 11, 13, 15]).slice(0, 4);
    for (const month of months) {
      const day = month * 30 + this.#random.between(5, 20);
      const who = this.#anybody();
      const remark = pool.REMARKS[(at + month) % pool.REMARKS.length] ?? '';
      this.#plant(
        [[who, `About ${topic}: ${remark}.`]],
        (ids) => {
          const date = dayAt(day);
          const name = new Date(`${date}T12:00:00Z`).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
          this.#ask('relative date', `What was said about ${topic} in ${name} ${date.slice(0, 4)}?`, ids);
        },
        day,
      );
    }
  }

  #event(event: string, at: number): void {
    const day = DAYS - 8 - 31 * at;
    const who = this.#anybody();
    this.#plant(
      [[who, `Yesterday I was at the ${event}, what a day.`]],
      (ids) => {
        this.#ask('relative date', `When was ${who} at the ${event}?`, ids);
      },
      day,
    );
    this.#plant([[this.#anybody(), `We should go to the ${event} one day.`]]);
    this.#plant([[who, `The ${event} sent a letter again.`]]);
  }

  #dependent({ first }: Person, at: number): void {
    const sister = `${pool.FIRST_NAMES[(at * 3 + 1) % pool.FIRST_NAMES.length]}ina`;
    const firm = pool.FIRMS[at] ?? '';
    const ids: number[] = [];
    this.#plant([[first, `My sister ${sister} visits us on Sunday.`]], (of) => ids.push(...of));
    this.#plant([[this.#other(first), `I met ${sister}, she works at ${firm} and likes it.`]], (of) =>
      ids.push(...of),
    );
    this.#afterwards(() => this.#ask('dependent', `Where does the sister of ${first} work?`, ids));
  }

  #sameName(at: number): void {
    const [one, two] = [this.#people[at], this.#people[10 + at]] as [Person, Person];
    for (const [side, person] of [one, two].entries()) {
      const hobby = pool.HOBBIES[at * 2 + side] ?? '';
      const firm = pool.FIRMS[5 + at * 2 + side] ?? '';
      const name = `${person.first} ${person.last}`;
      this.#plant([[this.#anybody(), `${name} started with ${hobby} and is hooked.`]], (ids) =>
        this.#ask('same name', `What does ${name} do for fun?`, ids),
      );
      this.#plant([[this.#anybody(), `${name} has a new job at ${firm}.`]], (ids) =>
        this.#ask('same name', `Where does ${name} work?`, ids),
      );
    }
  }

  /** Of people and things that are spoken of, and of things that nobody spoke of. */
  #unanswerable(people: readonly Person[]): void {
    for (const [at, { first }] of people.entries()) {
      this.#ask('no answer', `What is the blood group of ${first}?`, []);
      this.#ask('no answer', `Which instrument does ${first} play?`, []);
      this.#ask(
        'no answer',
        `Who repaired the ${pool.THINGS[(at + 4) % pool.THINGS.length]} of the headmaster?`,
        [],
      );
      this.#ask('no answer', `How much rent does ${first} pay for the studio?`, []);
    }
  }

  #ask(kind: Kind, text: string, evidence: readonly number[], stale: readonly number[] = []): void {
    this.#questions.push({ kind, text, evidence: [...evidence], stale: [...stale] });
  }

  #plant(
    said: readonly (readonly [string, string])[],
    placed: Exchange['placed'] = () => undefined,
    day?: number,
  ): void {
    this.#exchanges.push({
      day: day ?? this.#random.between(1, DAYS - 3),
      said: said.map(([by, text]) => ({ by, text })),
      placed,
    });
  }

  /** Once all that was planted so far has its place. */
  #afterwards(task: () => void): void {
    this.#exchanges.push({ day: DAYS, said: [], placed: task });
  }

  #days(count: number): number[] {
    const width = Math.floor((DAYS - 10) / count);
    return Array.from({ length: count }, (_, at) => at * width + this.#random.between(1, width - 5));
  }

  #anybody(): string {
    return this.#random.pick(this.#people.slice(2, 10)).first;
  }

  #other(who: string): string {
    for (;;) {
      const other = this.#anybody();
      if (other !== who) return other;
    }
  }
}

/** Sessions of small talk over the whole time, each exchange in one of its day. */
function speak(random: Random, people: readonly Person[], exchanges: readonly Exchange[]): Turn[] {
  const chats = ['dm', 'family', 'work'];
  const busy = shuffled(
    random,
    Array.from({ length: DAYS }, (_, at) => at),
  ).slice(0, SESSIONS);
  const days = [
    ...new Set([...busy, ...exchanges.filter(({ said }) => said.length > 0).map(({ day }) => day)]),
  ];
  const turns: Turn[] = [];
  for (const day of days.toSorted((a, b) => a - b)) {
    const chat = random.pick(chats);
    const members = shuffled(random, people.slice(2, 10)).slice(0, chat === 'dm' ? 2 : 4);
    const say = (by: string, text: string): number => {
      const minute = 8 * 60 + (turns.length % 700);
      const time = `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
      return turns.push({ id: turns.length, chat, day: dayAt(day), time, speaker: by, text }) - 1;
    };
    const chatter = (): void => {
      for (let left = random.between(TURNS.least, TURNS.most) / 2; left > 0; left--) {
        say(random.pick(members).first, filled(random, people, random.pick(pool.SMALL_TALK)));
      }
    };
    chatter();
    for (const exchange of exchanges) {
      if (exchange.day !== day || exchange.said.length === 0) continue;
      exchange.placed(exchange.said.map(({ by, text }) => say(by, text)));
      chatter();
    }
  }
  for (const { said, placed } of exchanges) if (said.length === 0) placed([]);
  return turns;
}

function filled(random: Random, people: readonly Person[], template: string): string {
  const slots: Record<string, readonly string[]> = {
    city: pool.CITIES,
    pet: pool.PETS,
    food: pool.FOODS,
    thing: pool.THINGS,
    name: people.map(({ first }) => first),
    topic: pool.TOPICS,
    hobby: pool.HOBBIES,
    colour: pool.COLOURS,
    event: pool.EVENTS,
  };
  return template.replace(/\{(\w+)\}/g, (_, slot: string) => random.pick(slots[slot] ?? []));
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function dayAt(day: number): string {
  return new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
